"""What the machine found and people decided. Decision and Finding are only ever added to."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import AppendOnly, Comment, Commenter, new_public_id
from comments.states import Status
from moderation import desk_models as desk_models
from moderation.classifiers.simhash import KEYS
from moderation.reasons import Reason
from moderation.rulebook import Innocent as Innocent
from moderation.rulebook import Replay as Replay
from moderation.rulebook import ReplayItem as ReplayItem
from moderation.rulebook import Rule as Rule
from moderation.tuning import CheckMode as CheckMode
from moderation.tuning import Head as Head
from moderation.tuning import LearningTurn as LearningTurn
from moderation.tuning import Threshold as Threshold
from moderation.tuning import Variant as Variant
from moderation.tuning import VariantEvent as VariantEvent
from newsroom.models import Publication


class Outcome(models.TextChoices):
    """The states that a decision can lead to."""

    APPROVED = Status.APPROVED.value, _("published")
    HELD = Status.HELD.value, _("held for a person")
    REJECTED = Status.REJECTED.value, _("rejected")
    SPAM = Status.SPAM.value, _("spam")


class Decision(AppendOnly):
    """One decision on one revision of a comment, by the checks or by a person. A reversal is a new one that names what it overrides."""

    class Kind(models.TextChoices):
        SCREENING = "screening", _("by the checks")
        PERSON = "person", _("by a person")
        REPORTS = "reports", _("after reports by readers")
        UNDO = "undo", _("taken back")
        RESCAN = "rescan", _("by the checks, looking again")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    revision = models.PositiveIntegerField(_("revision"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices)
    was = models.CharField(_("before"), max_length=10, choices=Status.choices)
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="decisions", verbose_name=_("moderator")
    )
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices)
    note = models.TextField(_("note"), blank=True)
    priority = models.FloatField(_("priority"), default=0.0)
    overrides = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="overridden_by")
    batch = models.UUIDField(_("batch"), null=True, blank=True, db_index=True)  # one bulk action, so that it can be undone as one
    # What the rules could ask for, see moderation.rules.FACTS: by them and by its findings a comment can be judged again.
    facts = models.JSONField(_("facts"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes = [
            models.Index(fields=["comment", "created_at"], name="decision_comment"),
            models.Index(fields=["moderator", "created_at"], name="decision_moderator", condition=Q(moderator__isnull=False)),
            models.Index(fields=["created_at", "id"], name="decision_person", condition=Q(moderator__isnull=False)),
        ]
        permissions = [("decide", _("Can decide on comments")), ("audit", "Can read the log of everybody and the quality of all")]
        constraints = [
            # At most one automatic decision for a comment's revision, whatever runs twice.
            models.UniqueConstraint(fields=["comment", "revision"], condition=Q(kind="screening"), name="decision_screened_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_reason"),
            # The statement of reasons: no refusal, by whomever, without a ground that its author can be told.
            models.CheckConstraint(
                condition=~Q(outcome__in=["rejected", "spam"], reason__in=["clean", "fine"]), name="decision_refusal_has_ground"
            ),
            models.CheckConstraint(
                condition=Q(moderator__isnull=False) | ~Q(kind__in=["person", "undo", "rescan"]), name="decision_has_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id}.{self.revision}: {self.outcome}"


class Finding(AppendOnly):
    """What one check said of one revision. See `moderation.checks.base.Finding` for the meaning of the fields."""

    class Label(models.TextChoices):
        CLEAN = "clean", _("nothing found")
        NOTE = "note", _("noted")
        SUSPECT = "suspect", _("suspicious")
        SPAM = "spam", _("spam")
        ERROR = "error", _("could not tell")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="findings", db_index=False)
    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="findings")
    revision = models.PositiveIntegerField(_("revision"))
    check_name = models.CharField(_("check"), max_length=40)
    check_version = models.CharField(_("version"), max_length=40)
    model_hash = models.CharField(_("model"), max_length=64, blank=True)
    label = models.CharField(_("label"), max_length=8, choices=Label.choices)
    score = models.FloatField(_("score"), default=0.0)
    probability = models.FloatField(_("probability"), null=True, blank=True)
    spans = models.JSONField(_("spans"), default=list)  # [[start, end, kind], …] in code points of the raw text
    words = models.JSONField(_("evidence"), default=list)
    detail = models.JSONField(_("detail"), default=dict)
    shadow = models.BooleanField(_("in shadow"), default=False)
    # In shadow, the version of a text model that spoke; none where the check itself is in shadow.
    variant = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="findings", db_index=False)
    milliseconds = models.FloatField(_("ms"), default=0.0)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        indexes = [
            models.Index(fields=["comment", "revision"], name="finding_comment"),
            models.Index(fields=["check_name", "created_at"], name="finding_check", condition=~Q(label="clean")),
            models.Index(fields=["variant", "-id"], name="finding_variant", condition=Q(variant__isnull=False)),
            models.Index(fields=["check_name", "-id"], name="finding_shadow", condition=Q(shadow=True, variant=None)),
        ]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.label}"


class Fingerprint(models.Model):
    """The skeleton of a comment's text as a hash, so that the same text is found again over all people and articles."""

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="fingerprint")
    skeleton = models.CharField(max_length=32, blank=True)
    author = models.CharField(max_length=32, blank=True)  # keyed hash that tells two authors apart
    # What near-copies are found by, see moderation.classifiers.simhash; none for short texts. The keys are columns with an index each, so
    # that the whole fingerprint is one statement in the commit that it always took.
    number = models.BigIntegerField(null=True)
    key_0 = models.BigIntegerField(null=True)
    key_1 = models.BigIntegerField(null=True)
    key_2 = models.BigIntegerField(null=True)
    key_3 = models.BigIntegerField(null=True)
    key_4 = models.BigIntegerField(null=True)
    key_5 = models.BigIntegerField(null=True)
    campaign = models.ForeignKey(
        "Campaign", on_delete=models.SET_NULL, null=True, blank=True, related_name="members", db_index=False, verbose_name=_("campaign")
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("fingerprint")
        verbose_name_plural = _("fingerprints")
        indexes = [
            models.Index(fields=["skeleton", "created_at"], name="fingerprint_skeleton", condition=~Q(skeleton="")),
            models.Index(fields=["campaign", "comment"], name="fingerprint_campaign", condition=Q(campaign__isnull=False)),
            *(
                models.Index(
                    fields=[f"key_{key}", "created_at"], name=f"fingerprint_key_{key}", condition=Q(**{f"key_{key}__isnull": False})
                )
                for key in range(KEYS)
            ),
        ]

    def __str__(self) -> str:
        return self.skeleton

    @classmethod
    def of_skeleton(cls, skeleton: str) -> models.QuerySet[Fingerprint]:
        """Those of one skeleton, none for the empty one. SQLite uses a partial index only where a query says its condition again."""
        return cls.objects.filter(skeleton=skeleton).exclude(skeleton="")


class Campaign(models.Model):
    """Near-identical comments by at least two authors. Its members are the fingerprints that name it; all counts are made from them."""

    first = models.OneToOneField(Comment, on_delete=models.CASCADE, related_name="begins_campaign")  # the oldest one that was found
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    last_at = models.DateTimeField(_("last copy"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-last_at", "-id"]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        indexes = [models.Index(fields=["last_at", "id"], name="campaign_last")]

    def __str__(self) -> str:
        return f"K{self.pk}"


class BulkAction(models.Model):
    """One action on many comments, worked off in batches by `moderation.bulk`. The row and its items are the queue."""

    class Source(models.TextChoices):
        SELECTION = "selection", _("selected comments")
        AUTHOR = "author", _("all of an author")
        NETWORK = "network", _("all of a network")
        TEXT = "text", _("all with the same text")
        CAMPAIGN = "campaign", _("a campaign")
        UNDO = "undo", _("taken back")
        RESCAN = "rescan", _("a second look at old comments")

    number = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)  # stands in the decisions as their batch
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bulk_actions", verbose_name=_("moderator")
    )
    source = models.CharField(_("source"), max_length=10, choices=Source.choices)
    action = models.CharField(_("action"), max_length=8, blank=True)  # one of moderation.actions; empty for an undo
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices, blank=True)
    note = models.TextField(_("note"), blank=True)
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")
    total = models.PositiveIntegerField(_("comments"), default=0)
    due_at = models.DateTimeField(default=timezone.now)  # until then some worker has it
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")
        indexes = [models.Index(fields=["due_at", "id"], name="bulk_due", condition=Q(finished_at=None))]

    def __str__(self) -> str:
        return str(self.number)


class BulkItem(models.Model):
    """One comment of a bulk action, as it was when the action was ordered."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        SKIPPED = "skipped", _("left as it is")

    bulk = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="items", db_index=False)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="bulk_items")
    status = models.CharField(max_length=10, choices=Status.choices)
    revision = models.PositiveIntegerField()
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    # Of a rescan: what its report foresaw for this comment. Elsewhere the action says what becomes of all.
    foreseen = models.ForeignKey("moderation.ReplayItem", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        verbose_name = _("part of a bulk action")
        verbose_name_plural = _("parts of a bulk action")
        indexes = [models.Index(fields=["bulk", "state", "id"], name="bulk_item_state")]
        constraints = [models.UniqueConstraint(fields=["bulk", "comment"], name="bulk_item_once")]

    def __str__(self) -> str:
        return f"{self.bulk_id}: {self.comment_id} {self.state}"


class Phrase(models.Model):
    """One line of the phrase list. Matched on the normalised text, so disguises need no lines of their own."""

    class Action(models.TextChoices):
        BANNED = "banned", _("banned: decides by itself")
        SUSPECT = "suspect", _("suspect: asks for a person")

    class Kind(models.TextChoices):
        GAMBLING = "gambling", _("gambling")
        SPAM = "spam", _("advertising")
        SCAM = "scam", _("fraud")
        INSULT = "insult", _("insult")
        PROFANITY = "profanity", _("profanity")
        THREAT = "threat", _("threat")
        IDENTITY = "identity", _("attack on a group")

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="phrases", verbose_name=_("publication")
    )  # none: counts everywhere
    pattern = models.CharField(_("phrase"), max_length=120)
    action = models.CharField(_("action"), max_length=8, choices=Action.choices, default=Action.SUSPECT)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    severity = models.PositiveSmallIntegerField(_("severity"), default=1, choices=[(1, "1"), (2, "2"), (3, "3")])
    language = models.CharField(_("language"), max_length=8, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    enabled = models.BooleanField(_("in force"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["pattern"]
        verbose_name = _("phrase")
        verbose_name_plural = _("phrases")
        permissions = [("keep_global", _("Can keep lists and rules that count everywhere"))]
        constraints = [
            models.UniqueConstraint(fields=["publication", "pattern"], name="phrase_once"),
            models.UniqueConstraint(fields=["pattern"], condition=Q(publication=None), name="phrase_once_everywhere"),
        ]

    def __str__(self) -> str:
        return self.pattern


class ListedDomain(models.Model):
    """A domain whose links decide by themselves; its subdomains count as well."""

    domain = models.CharField(_("domain"), max_length=253, unique=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["domain"]
        verbose_name = _("listed domain")
        verbose_name_plural = _("listed domains")

    def __str__(self) -> str:
        return self.domain

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.domain = self.domain.strip().strip(".").lower()
        super().save(*args, **kwargs)


class Report(models.Model):
    """A reader's report of a public comment."""

    class Why(models.TextChoices):
        SPAM = "spam", _("advertising or gambling")
        INSULT = "insult", _("insult or harassment")
        HATE = "hate", _("hatred against a group")
        FALSE = "false", _("false information")
        PRIVATE = "private", _("personal data of somebody")
        ILLEGAL = "illegal", _("illegal content")
        OTHER = "other", _("something else")

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="reports")
    revision = models.PositiveIntegerField(_("revision"))
    reason = models.CharField(_("reason"), max_length=8, choices=Why.choices)
    detail = models.TextField(_("detail"), blank=True)
    reporter = models.CharField(max_length=40)  # the commenter's key, or a keyed hash of the network
    network = models.CharField(max_length=16, blank=True, default="", db_default="")
    # What this report adds to those before it, see moderation.reports; the sum of a revision's open reports decides.
    weight = models.FloatField(_("weight"), default=0.5, db_default=0.5)
    upheld = models.BooleanField(_("upheld"), null=True, blank=True)  # whether a person then refused the text; empty: no person has decided
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes = [
            models.Index(fields=["comment", "created_at"], name="report_open", condition=Q(resolved_at=None)),
            models.Index(fields=["reporter", "upheld"], name="report_reporter", condition=Q(upheld__isnull=False)),
            models.Index(fields=["created_at"], name="report_network", condition=~Q(network="")),
        ]
        constraints = [models.UniqueConstraint(fields=["comment", "revision", "reporter"], name="report_once")]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.reason}"


def new_reference() -> str:
    """Names a notice in mails and on the telephone: "k7x2-m9q4"."""
    name = new_public_id()
    return f"{name[:4]}-{name[4:8]}-{name[8:12]}"


class LegalNotice(models.Model):
    """Somebody says that content is illegal (EU 2022/2065, article 16). Open until `answered_at` is set; `due_at` is the desk's clock."""

    class Kind(models.TextChoices):
        HATE = "hate", _("incitement to hatred or violence")
        THREAT = "threat", _("threat")
        DEFAMATION = "defame", _("insult or defamation")
        PRIVATE = "private", _("personal data, or a picture without consent")
        CHILDREN = "children", _("sexual abuse of children")
        FRAUD = "fraud", _("fraud")
        GAMBLING = "gambling", _("advertising for illegal gambling")
        COPYRIGHT = "copies", _("breach of copyright")
        OTHER = "other", _("something else")

    reference = models.CharField(_("reference"), max_length=16, unique=True, default=new_reference, editable=False)
    article = models.ForeignKey("newsroom.Article", on_delete=models.CASCADE, related_name="+", verbose_name=_("article"))
    comment = models.ForeignKey(
        Comment, on_delete=models.CASCADE, null=True, blank=True, related_name="legal_notices", verbose_name=_("comment")
    )  # none: about the article itself
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    explanation = models.TextField(_("explanation"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    due_at = models.DateTimeField(_("due at"))
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    removed = models.BooleanField(_("removed"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    decision = models.ForeignKey(Decision, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["due_at", "id"]
        verbose_name = _("notice of illegal content")
        verbose_name_plural = _("notices of illegal content")
        indexes = [
            models.Index(fields=["due_at", "id"], name="legal_open", condition=Q(answered_at=None)),
            models.Index(fields=["answered_at"], name="legal_answered", condition=~Q(email="", name="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, removed=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False, removed__isnull=False) & ~Q(answer="")),
                name="legal_answered_as_a_whole",
            )
        ]

    def __str__(self) -> str:
        return self.reference


class Appeal(models.Model):
    """An author asks a second person to look at a decision; once for each decision. Open until `answered_at` is set."""

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="appeal", verbose_name=_("decision"))
    text = models.TextField(_("text"))  # the author's words; blank after an erasure
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    granted = models.BooleanField(_("granted"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        indexes = [models.Index(fields=["created_at", "id"], name="appeal_open", condition=Q(answered_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, granted=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False, granted__isnull=False) & ~Q(answer="")),
                name="appeal_answered_as_a_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.decision_id}: {self.granted}"


class SecondLook(models.Model):
    """Somebody else's blind answer to "what would you have decided?". One for each decision; it changes nothing."""

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="second_look", verbose_name=_("decision"))
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="second_looks", verbose_name=_("second look by")
    )
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)  # empty until answered
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("second look")
        verbose_name_plural = _("second looks")
        indexes = [models.Index(fields=["answered_at"], name="second_look_answered", condition=Q(answered_at__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["reviewer"], condition=Q(answered_at=None), name="second_look_one_open"),
            models.CheckConstraint(
                condition=Q(answered_at=None, outcome="") | Q(answered_at__isnull=False, outcome__in=["approved", "rejected", "spam"]),
                name="second_look_answered_as_a_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id}: {self.outcome}"


class Sanction(models.Model):
    """A measure against somebody whom we know again: what, why, where, until when. Lifted by a person who says why; never deleted."""

    class Kind(models.TextChoices):
        WARNING = "warning", _("warning")
        SUSPENSION = "suspension", _("suspension")
        BAN = "ban", _("ban")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # Nobody after an erasure: what was done stays on record, and whom it was done to does not.
    commenter = models.ForeignKey(
        Commenter, on_delete=models.SET_NULL, null=True, blank=True, related_name="sanctions", db_index=False, verbose_name=_("commenter")
    )
    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="sanctions", verbose_name=_("publication")
    )  # none: counts everywhere
    comment = models.ForeignKey(
        Comment, on_delete=models.CASCADE, related_name="sanctions", verbose_name=_("comment")
    )  # the occasion, to whose address the words are sent
    network = models.CharField(max_length=16, blank=True)  # of that comment; forgotten with it, see moderation.retention
    reason = models.CharField(_("reason"), max_length=24, choices=Reason.choices)
    statement = models.TextField(_("words to the person"))
    note = models.TextField(_("note"), blank=True)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="sanctions", verbose_name=_("moderator"))
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    ends_at = models.DateTimeField(_("until"))
    objection = models.TextField(_("objection"), blank=True)  # the person's words, once
    objected_at = models.DateTimeField(_("objected at"), null=True, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lifted by")
    )
    lifted_why = models.TextField(_("why lifted"), blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")
        indexes = [
            models.Index(fields=["commenter", "ends_at"], name="sanction_commenter", condition=Q(commenter__isnull=False)),
            models.Index(fields=["network", "ends_at"], name="sanction_network", condition=~Q(network="")),
            models.Index(fields=["ends_at"], name="sanction_in_force", condition=Q(lifted_at=None)),
        ]
        permissions = [("impose", "Can warn and suspend people"), ("ban", "Can ban people")]
        constraints = [
            # The statement of reasons: no measure without a ground and words that the person is told.
            models.CheckConstraint(condition=~Q(reason__in=["", "clean", "fine"]) & ~Q(statement=""), name="sanction_has_ground"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("created_at")), name="sanction_ends"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None, lifted_why="")
                | (Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_why="")),
                name="sanction_lifted_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False, objected_at__isnull=False) & ~Q(answer="")),
                name="sanction_answered_as_a_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Notice(models.Model):
    """A mail to a reader. The row is the queue, as with comments: see docs/adr/0022 for what happens when a worker dies over it.

    About a decision on their comment or their appeal, with a link that confirms their address, about a reply to theirs or in a
    thread that they follow (`comment`), a day's news together, or about their account.
    """

    class Kind(models.TextChoices):
        DECISION = "decision", _("decision")
        CONFIRM = "confirm", _("confirmation of an address")
        REPLY = "reply", _("reply")
        APPEAL = "appeal", _("answer to an appeal")
        THREAD = "thread", _("reply in a followed thread")
        DIGEST = "digest", _("a day's news")
        ACCOUNT = "account", _("about an account")
        SANCTION = "sanction", _("measure against a person")
        RECEIPT = "receipt", _("receipt of a notice of illegal content")
        VERDICT = "verdict", _("answer to a notice of illegal content")

    class State(models.TextChoices):
        DUE = "due", _("to be sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("could not be sent")
        CAPPED = "capped", _("not sent: too many to this address")
        DROPPED = "dropped", _("not sent: no longer wanted")
        LATER = "later", _("waits for the day's news")
        GATHERED = "gathered", _("part of a day's news")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.DECISION, db_default=Kind.DECISION.value)
    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, null=True, blank=True, related_name="notice")
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    commenter = models.ForeignKey(Commenter, on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    appeal = models.OneToOneField("moderation.Appeal", on_delete=models.CASCADE, null=True, blank=True, related_name="notice")
    sanction = models.ForeignKey("moderation.Sanction", on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    legal = models.ForeignKey("moderation.LegalNotice", on_delete=models.CASCADE, null=True, blank=True, related_name="notices")
    recipient = models.CharField(max_length=32)  # keyed hash of the address, for the cap; the address stands in comment or commenter
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # How often the mail went to the mail server without a word of what became of it: a worker died over it.
    handed = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # Mails about accounts alone: their words, which can hold a link that logs in, are forgotten once they are sent or given up.
    address = models.EmailField(max_length=254, blank=True, default="", db_default="", editable=False)
    subject = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    body = models.TextField(blank=True, default="", db_default="", editable=False)
    day = models.DateField(_("day"), null=True, blank=True)  # of a day's news, in the publication's zone
    digest = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="gathered", verbose_name=_("sent with")
    )
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["due_at", "id"], name="notice_due", condition=Q(state="due")),
            models.Index(fields=["recipient", "created_at"], name="notice_recipient"),
            models.Index(fields=["commenter", "id"], name="notice_later", condition=Q(state="later")),
        ]
        constraints = [
            # One mail about one reply, even to who wrote what it answers and follows the thread as well.
            models.UniqueConstraint(fields=["comment", "commenter"], condition=Q(kind__in=["reply", "thread"]), name="notice_news_once"),
            models.UniqueConstraint(fields=["commenter", "publication", "day"], condition=Q(kind="digest"), name="notice_digest_once"),
            models.CheckConstraint(
                condition=Q(kind="decision", decision__isnull=False, comment__isnull=False)
                | Q(kind="confirm", commenter__isnull=False, publication__isnull=False)
                | Q(kind="reply", commenter__isnull=False, comment__isnull=False)
                | Q(kind="appeal", appeal__isnull=False, comment__isnull=False)
                | Q(kind="thread", commenter__isnull=False, comment__isnull=False)
                | Q(kind="digest", commenter__isnull=False, publication__isnull=False, day__isnull=False)
                | Q(kind="account", publication__isnull=False)
                | Q(kind="sanction", sanction__isnull=False, comment__isnull=False)
                | Q(kind__in=["receipt", "verdict"], legal__isnull=False, publication__isnull=False),
                name="notice_is_about_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"


class Mute(models.Model):
    """An address that wants no more mails: none of a kind, or none at all. Known by its keyed hash alone, as in `Notice.recipient`."""

    class Kind(models.TextChoices):
        DECISION = "decision", _("about what became of a comment")
        ALL = "all", _("of any kind")

    recipient = models.CharField(max_length=32)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("muted address")
        verbose_name_plural = _("muted addresses")
        constraints = [models.UniqueConstraint(fields=["recipient", "kind"], name="mute_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Announcement(models.Model):
    """A reply was published under an article that readers follow. Worked off in batches by `moderation.following`, then deleted."""

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="announcement")
    after = models.PositiveBigIntegerField(default=0)  # the last Follow that was seen to
    due_at = models.DateTimeField(default=timezone.now, db_index=True)  # until then some worker has it

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")

    def __str__(self) -> str:
        return str(self.comment_id)


class Claim(models.Model):
    """A moderator has a comment on the screen, or in advance (`ahead`), until `until`. Nobody else is handed it meanwhile."""

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="claim")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="claims")
    until = models.DateTimeField()
    ahead = models.BooleanField(default=False, db_default=False)  # the page holds it, and nobody has looked at it yet

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.moderator_id}"


class Scope(models.Model):
    """Which publication, or which of its sections, a person may moderate. Somebody without any scope moderates everything."""

    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="moderation_scopes")
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, verbose_name=_("publication"))
    section = models.ForeignKey("newsroom.Section", on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("section"))

    class Meta:
        verbose_name = _("scope")
        verbose_name_plural = _("scopes")

    def __str__(self) -> str:
        return f"{self.moderator_id}: {self.publication_id}/{self.section_id or '*'}"


class ApiKey(models.Model):
    """Another program's key. Its secret is shown once and kept as a hash: see `moderation.api_keys`."""

    class Scope(models.TextChoices):
        SCORE = "score", _("score texts")
        SUGGEST = "suggest", _("suggest scores that may be kept")

    name = models.CharField(_("name"), max_length=80, unique=True)
    beginning = models.CharField(_("begins with"), max_length=20, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)  # SHA-256 of the secret
    scopes = models.JSONField(_("may"), default=list)
    active = models.BooleanField(_("in force"), default=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)  # exact to ten minutes

    class Meta:
        ordering = ["name"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return self.name


class Suggestion(models.Model):
    """A score that another program thinks right for a text. Holds nothing of the text's author; written only where it is allowed."""

    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, blank=True, related_name="suggestions", verbose_name=_("API key"))
    text = models.TextField(_("text"))
    scores = models.JSONField(_("scores"), default=dict)  # {"TOXICITY": 0.0}
    language = models.CharField(_("language"), max_length=8, blank=True)  # as we see it
    community = models.CharField(_("community"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("suggested score")
        verbose_name_plural = _("suggested scores")

    def __str__(self) -> str:
        return f"{self.pk}: {self.language or '?'}"
