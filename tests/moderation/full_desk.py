"""A newsroom with something on every page of the desk, in words that the caller gives: hostile ones, long ones, plain ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from comments.models import Comment, Revision
from comments.states import Status
from moderation import bulk, replays, sanctions, variants
from moderation.actions import ACTIONS
from moderation.classifiers import correction, model
from moderation.decisions import decide
from moderation.desk_models import Assignment, Handover, Note, SavedView, Watch
from moderation.drafts import Draft, NewPhrase
from moderation.models import (
    Appeal,
    BulkAction,
    Campaign,
    CheckMode,
    Claim,
    Decision,
    Finding,
    Fingerprint,
    Innocent,
    LearningTurn,
    LegalNotice,
    Phrase,
    Replay,
    Report,
    Rule,
    Sanction,
    SecondLook,
    Threshold,
    Variant,
    VariantEvent,
)
from moderation.reasons import Reason
from newsroom.models import Article
from tests.factories import make_article, make_comment, make_commenter, make_publication, make_section, make_user
from tests.moderation.classifiers.test_correction import FRAMES, examples

HEAD = "gambling"


class Words:
    """Gives a sequence of texts round and round: one that is cut to a length, or as many as fit, one below the other."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = [text for text in texts if text.strip()]
        self._one = itertools.cycle(self.texts)
        self._many = itertools.cycle(self.texts)

    def one(self, length: int) -> str:
        return next(text for text in (" ".join(raw[: length + 40].split())[:length] for raw in self._one) if text)

    def many(self, length: int) -> str:
        """At least one whole text where one fits; the next call goes on where this one ended."""
        found = ""
        for text in self._many:
            if len(found) + len(text) + 1 > length:
                break
            found += f"{text}\n"
        return found.strip() or self.one(length)

    def everything(self) -> str:
        return "\n".join(self.texts)


class FullDesk:
    """All of it. `user` sees and may do everything; `addresses` are the pages on which something is to be seen."""

    def __init__(self, words: Words, *, rows: int = 30) -> None:
        self.words, self.rows = words, rows
        one = words.one
        self.user: User = make_user("kepala", is_staff=True, is_superuser=True, first_name=one(150))
        self.colleague: User = make_user("rekan", is_staff=True, is_superuser=True, first_name=one(150))
        self.publication = make_publication(name=one(120), tagline=one(200))
        make_publication(name=one(120))  # a second one, so that pages offer the choice
        self.section = make_section(publication=self.publication, name=one(80))
        self.article: Article = make_article(section=self.section, title=one(250), lead=words.many(2_000), byline=one(120))
        self.commenter = make_commenter(name=one(80))
        self.comment = self._item()
        self.decided = self._decided()
        self._queue()
        self.campaign = self._campaign()
        self.bulk = self._bulk()
        self.appeal = self._appeal()
        self.notice = self._notice()
        self.sanction = self._sanction()
        self.look = SecondLook.objects.create(decision=self.decided, reviewer=self.user)
        self._together()
        self.phrase, self.rule = self._rulebook()
        self.simulation, self.rescan = self._replays()
        self.variant = self._models()
        self._log()

    # --- Comments ---------------------------------------------------------------------------------------------------------

    def make(self, status: Status = Status.PENDING, **fields: Any) -> Comment:
        one = self.words.one
        plain: dict[str, Any] = {
            "author_name": one(80),
            "author_email": f"{one(60)}@contoh.example",
            "author_url": one(200),
            "user_agent": one(300),
            "network": "jaringan",
            "body": self.words.many(5_000),
            "commenter": self.commenter,
        }
        return make_comment(self.article, status=status, **{**plain, **fields})

    def held(self, **fields: Any) -> Comment:
        comment = self.make(**fields)
        one = self.words.one
        text = comment.body_raw
        spans = [[0, min(9, len(text)), "insult"], [10, 30, one(20)], [5, 12, "gambling"], [40, 44, "link"], ["x", None, {}]]
        findings = [
            Finding(check_name="phrases", check_version=one(40), label="suspect", score=0.8, words=[one(120), one(120)], spans=spans),
            Finding(check_name=one(40), check_version="1", label="error", score=0.0, detail={"error": one(200), one(20): one(200)}),
            Finding(check_name="abuse", check_version="1", label="spam", score=0.9, detail={"language": one(20), "x": [one(40)]}),
            Finding(check_name="language", check_version="1", label="clean", detail={"language": one(20)}),
        ]
        decide(comment, Status.HELD, kind=Decision.Kind.SCREENING, reason="suspicious", priority=0.5, findings=findings, notify=False)
        return comment

    def _item(self) -> Comment:
        """The comment that has all that can hang on one."""
        parent = self.make(Status.APPROVED)
        comment = self.held(parent=parent, body=self.words.everything(), revision=2, edited_at=timezone.now())
        Revision.objects.create(comment=comment, number=1, body_raw=self.words.everything())
        Report.objects.bulk_create(
            Report(comment=comment, revision=comment.revision, reason="other", detail=text, reporter=f"r{number}")
            for number, text in enumerate(self.words.texts[:100])
        )
        Note.objects.bulk_create(Note(comment=comment, moderator=self.colleague, text=text) for text in self.words.texts[:100])
        decide(
            comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=self.user, note=self.words.everything(),
            notify=False,
        )  # fmt: skip
        decide(
            comment, Status.HELD, kind=Decision.Kind.PERSON, reason="suspicious", moderator=self.colleague,
            note=self.words.everything(), notify=False,
        )  # fmt: skip
        Assignment.objects.create(comment=comment, moderator=self.user, assigned_by=self.colleague)
        return comment

    def _decided(self) -> Decision:
        comment = self.held()
        return decide(
            comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="insulting", moderator=self.colleague,
            note=self.words.many(900), notify=False,
        )  # fmt: skip

    def _queue(self) -> None:
        for number in range(self.rows):
            comment = self.held(commenter=None)
            Report.objects.create(comment=comment, revision=1, reason="insult", detail=self.words.one(200), reporter=f"r{number}")
        spam = self.make()
        decide(spam, Status.SPAM, kind=Decision.Kind.SCREENING, reason="sure_spam", notify=False)
        taken = Comment.objects.filter(status=Status.HELD).order_by("-pk").first()
        assert taken is not None
        Claim.objects.create(comment=taken, moderator=self.colleague, until=timezone.now() + timedelta(minutes=9))

    def _campaign(self) -> Campaign:
        first, second, border = self.held(network="a"), self.held(network="b"), self.held(network="c")
        campaign = Campaign.objects.create(first=first)
        for number, comment in enumerate((first, second)):
            Fingerprint.objects.create(comment=comment, skeleton="s", author=f"a{number}", campaign=campaign)
        Fingerprint.objects.create(comment=border, skeleton="s", author="c")
        return campaign

    def _bulk(self) -> BulkAction:
        comment, other = self.held(), self.held()
        seen = [(comment.pk, "held", 1), (other.pk, "held", 7)]  # the second has moved on: it is left as it is, and named
        made = bulk.order(self.user, ACTIONS["spam"], Reason.ADVERTISING, seen, source="selection", note=self.words.many(900))
        assert made.finished_at is not None
        return made

    def _appeal(self) -> Appeal:
        comment = self.held()
        decision = decide(
            comment, Status.REJECTED, kind=Decision.Kind.PERSON, reason="other", moderator=self.colleague, note=self.words.many(900),
            notify=False,
        )  # fmt: skip
        return Appeal.objects.create(decision=decision, text=self.words.everything())

    def _notice(self) -> LegalNotice:
        one = self.words.one
        made = [
            LegalNotice.objects.create(
                comment=comment, article=self.article, kind="threat", explanation=self.words.everything(), name=one(120), email=one(60),
                due_at=timezone.now() + timedelta(hours=hours),
            )
            for comment, hours in ((self.held(), -2), (self.held(), 24))
        ]  # fmt: skip
        return made[0]

    def _sanction(self) -> Sanction:
        one, many = self.words.one, self.words.many
        comments = [self.make(Status.APPROVED, commenter=make_commenter(name=one(80))) for _number in range(3)]
        made = [
            sanctions.impose(
                comment, self.colleague, "suspension", days=7, reason="insulting", statement=many(990), note=self.words.everything(),
            )
            for comment in comments
        ]  # fmt: skip
        sanctions.object_to(made[0], self.words.everything())
        sanctions.lift(made[1], self.user, self.words.everything())
        sanctions.impose(
            self.comment, self.colleague, "warning", days=90, reason="insulting", statement=many(990), note=self.words.everything(),
        )  # fmt: skip
        made[0].refresh_from_db()
        return made[0]

    # --- What moderators write --------------------------------------------------------------------------------------------

    def _together(self) -> None:
        Handover.objects.bulk_create(
            Handover(moderator=self.colleague, text=text, publication=self.publication) for text in self.words.texts[:30]
        )
        Handover.objects.create(moderator=self.colleague, text=self.words.everything(), publication=None)
        for owner, shared in ((self.user, False), (self.colleague, True)):
            names = dict.fromkeys(" ".join(text.split())[:40] for text in self.words.texts[: self.rows])
            SavedView.objects.bulk_create(
                SavedView(moderator=owner, name=name, query="view=spam&words=x", shared=shared) for name in names if name
            )
        Watch.objects.create(moderator=self.user, article=self.article)

    def _rulebook(self) -> tuple[Phrase, Rule]:
        one = self.words.one
        patterns = dict.fromkeys(" ".join(text.split())[:120] for text in self.words.texts)
        everywhere = dict(zip(patterns, itertools.cycle((None, self.publication)), strict=False))
        Phrase.objects.bulk_create(
            Phrase(publication=place, pattern=pattern, kind="spam", note=one(200), language=one(8)) for pattern, place in everywhere.items()
        )
        Innocent.objects.bulk_create(
            Innocent(publication=place, pattern=pattern, note=one(200)) for pattern, place in list(everywhere.items())[:100]
        )
        phrase = Phrase.objects.create(publication=self.publication, pattern="kucing ajaib", kind="spam", note=one(200), language=one(8))
        for number in range(min(self.rows, 12)):
            value = one(80)
            conditions = {"match": "all", "of": [{"field": "section", "is": "ne", "value": value}]}
            rule = Rule.objects.create(
                publication=self.publication, name=one(80), note=one(300), conditions=conditions, action="hold", position=number
            )
        return phrase, rule

    def _replays(self) -> tuple[Replay, Replay]:
        draft = Draft(
            phrases=(NewPhrase("jembatan", "banned", "gambling", 3), NewPhrase(self.words.one(100), "suspect", "spam", 1)),
            innocents=(self.words.one(100),),
            rules={self.rule.pk: "enabled"},
        )
        made = [
            replays.order(self.user, Replay.Kind.SIMULATION, self.publication, 7, draft=draft, seconds=60.0),
            replays.order(self.user, Replay.Kind.RESCAN, self.publication, 7, states=list(replays.RESCANNED), seconds=60.0),
        ]
        assert all(one.finished_at for one in made)
        return made[0], made[1]

    def _models(self) -> Variant:
        base = model.get(HEAD)
        content, sha256 = correction.pack(base, 1, correction.fit(base, examples(base, FRAMES[:4])))
        made = variants.store(Variant.Kind.CORRECTION, HEAD, self.publication, content, sha256, base.hash, number=1)
        made.figures = {**made.figures, "guard": [{"slice": self.words.one(40), "queue": [1, 2], "strict": [0, 0], "count": 9}]}
        made.save(update_fields=["figures"])
        for text in self.words.texts[:60]:
            VariantEvent.objects.create(variant=made, action="back", by=self.colleague, why=text[:300])
            Threshold.objects.create(publication=self.publication, head=HEAD, why=text[:300], set_by=self.colleague)
            CheckMode.objects.create(check_name="links", mode="live", why=text[:300], set_by=self.colleague)
        LearningTurn.objects.create(publication=self.publication, head=HEAD, outcome="few", ended_at=timezone.now())
        return made

    def _log(self) -> None:
        kind = ContentType.objects.get_for_model(Comment)
        LogEntry.objects.bulk_create(
            LogEntry(user=self.colleague, content_type=kind, object_id="1", object_repr=text[:200], action_flag=CHANGE, change_message=text)
            for text in self.words.texts
        )

    # --- The pages --------------------------------------------------------------------------------------------------------

    def pages(self) -> Iterator[tuple[str, str]]:
        """(name of the address, address) of every page of the desk that a person can open; see test_desk_fields, which compares."""
        comment = self.comment.public_id
        arguments: dict[str, Sequence[Sequence[object]]] = {
            "appeal": [[self.appeal.pk]],
            "desk-measure": [[self.sanction.pk]],
            "desk-person": [[comment]],
            "tuning-check": [["links"], ["phrases"]],
            "tuning-variant": [[self.variant.pk]],
            "tuning-head": [[self.publication.pk, HEAD], [self.publication.pk, "abuse_id"]],
            "legal-notice-item": [[self.notice.pk]],
            "queue-progress": [[self.bulk.number]],
            "queue-campaign": [[self.campaign.pk]],
            "queue-item": [[comment], [self.decided.comment.public_id]],
            "phrase": [[self.phrase.pk]],
            "rule": [[self.rule.pk]],
            "simulation": [[self.simulation.number], [self.rescan.number]],
        }
        views = ("review", "reported", "rules", "watched", "mine", "spam", "decided", "all")
        queries: dict[str, Sequence[str]] = {
            "queue": [f"?view={view}" for view in views] + [f"?view=all&alike={kind}&of={comment}" for kind in ("author", "network")],
            "queue-rows": ["?view=all"],
            "queue-next": ["?view=review"],
            "desk-year": ["", "?format=csv"],
            "phrases": ["?list=0", f"?list={self.publication.pk}"],
            "innocents": ["?list=0", f"?list={self.publication.pk}"],
            "rules": [f"?list={self.publication.pk}"],
            "phrase-export": ["?list=0"],
            "simulator": [f"?list={self.publication.pk}"],
            "tuning": [f"?publication={self.publication.pk}"],
        }
        for name in PAGES:
            for some in arguments.get(name, [[]]):
                for query in queries.get(name, [""]):
                    yield name, reverse(name, args=list(some)) + query
        for cell in self.simulation.items.values_list("was", "would").distinct():
            yield "simulation", reverse("simulation", args=[self.simulation.number]) + f"?cell={cell[0]}-{cell[1]}"


PAGES = (
    "appeals", "appeal", "dashboard", "desk-log", "desk-log-file", "desk-year", "quality", "second-look", "desk-people", "desk-measure",
    "desk-person", "tuning", "tuning-checks", "tuning-check", "tuning-variant", "tuning-head", "legal-notices", "legal-notice-item",
    "queue", "queue-progress", "queue-campaigns", "queue-campaign", "queue-next", "queue-rows", "queue-team", "queue-preferences",
    "queue-item", "phrases", "phrase-new", "phrase-try", "phrase-import", "phrase-export", "innocents", "phrase", "rules", "rule-new",
    "rule", "simulator", "rescan", "simulation",
)  # fmt: skip
# Addresses that are only posted to.
ACTS = {
    "desk-lift", "queue-bulk", "queue-undo", "queue-search", "queue-save-view", "queue-delete-view", "queue-watch",
    "queue-handovers-read", "queue-rest", "queue-decide", "queue-claim", "queue-note", "queue-assign", "queue-release", "phrase-delete",
    "rule-mode", "rule-move", "rule-delete", "simulation-apply", "simulation-discard",
}  # fmt: skip
