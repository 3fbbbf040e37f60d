"""A stored comment judged again by a rulebook: by what is in force now, or by a change that somebody wants to try out.

What the checks found is stored with each decision, so most of it need not be found again. Stored findings are taken as they are; made
anew are those that the rulebook touches (phrases and listed domains are matched again, thresholds are laid on the stored probabilities,
abuse is read again where innocent words matter), those of a check or a text model that is no longer the same, and those that a check
failed at. Rules are asked about the stored facts, and it all goes to the same `policy.judge`. With `anew` every check of the text is run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.conf import settings
from django.db.models import Q, prefetch_related_objects

from comments.models import Comment
from moderation import check_modes, in_force, policy, rules, thresholds, variants
from moderation.checks import abuse, gambling, links, phrases, promotion
from moderation.checks.base import Finding, Label, PhraseRule, Submission, Thresholds
from moderation.classifiers.assess import Models, model_for
from moderation.classifiers.model import ModelError
from moderation.drafts import Draft
from moderation.facts import TOLD_BY, facts_of_text, heads_of, is_of_the_text, load_check, rule_facts
from moderation.models import Decision, Phrase
from moderation.models import Finding as FindingRow
from moderation.screening import CheckTimeout, run_check
from newsroom.models import CommentMode, Publication

RELABELLED = {"gambling": gambling.relabel, "promotion": promotion.relabel, "abuse": abuse.relabel}
# Their answers hang on lists that change from day to day, and asking them costs less than finding out whether it must be done.
LISTED = frozenset({phrases.NAME, links.NAME})
FACTS_OF_MOMENT = frozenset(rules.FACTS).difference(*TOLD_BY.values())


@dataclass(frozen=True, slots=True)
class Maker:
    """What would make a check's finding now: its version, and the hash of the model of each of its heads; empty where there is none."""

    version: str = ""
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that a publication has laid down, and that can be tried out."""

    phrases: tuple[PhraseRule, ...] = ()
    domains: frozenset[str] = frozenset()
    innocent: tuple[str, ...] = ()
    rules: tuple[rules.Rule, ...] = ()  # that count
    thresholds: Thresholds = field(default_factory=dict)
    models: Models = field(default_factory=dict)
    checks: tuple[str, ...] = ()  # that count
    own_hosts: frozenset[str] = frozenset()
    language: str = ""
    makers: Mapping[str, Maker] = field(default_factory=dict)  # of the checks of the text


def rulebook(publication: Publication) -> Rulebook:
    """What is in force at a publication, read now: a draft is laid on it, and what is kept for seconds could be another state of it."""
    models, checks = variants.now(publication.pk).models, check_modes.now().live
    return Rulebook(
        phrases=in_force.listed_phrases(publication.pk),
        domains=in_force.listed_domains(),
        innocent=in_force.listed_innocents(publication.pk),
        rules=_counting(in_force.listed_rules(publication.pk)),
        thresholds=thresholds.now(publication.pk),
        models=models,
        checks=checks,
        own_hosts=in_force.own_hosts(publication),
        language=publication.language,
        makers={name: _maker(name, models) for name in checks if is_of_the_text(name)},
    )


def _counting(found: Sequence[rules.Rule]) -> tuple[rules.Rule, ...]:
    return tuple(rule for rule in found if not rule.shadow)


def _maker(name: str, models: Models) -> Maker:
    found = {}
    for head in heads_of(name):
        try:
            found[head] = model_for(head, models).hash
        except ModelError:
            found[head] = ""  # made by none of these: the check is run, and says ERROR
    return Maker(load_check(name)[1], found)


def tried_out(draft: Draft, now: Rulebook, publication_id: int, own: int | None) -> Rulebook:
    """A publication's rulebook with a draft's changes. `own` is the list that the draft changes: a publication's, or everybody's."""
    # A phrase that stands on that list already is changed by the draft, and not there twice.
    changed = Phrase.objects.filter(publication=own, pattern__in=[one.pattern for one in draft.phrases])
    gone = {*draft.without_phrases, *changed.values_list("pk", flat=True)} if draft.phrases else draft.without_phrases
    listed = in_force.listed_phrases(publication_id, gone) + tuple(one.as_rule() for one in draft.phrases)
    innocent = in_force.listed_innocents(publication_id, draft.without_innocents) + draft.innocents
    return replace(
        now,
        # The very same object where nothing is changed: see `touched`.
        phrases=now.phrases if listed == now.phrases else listed,
        innocent=now.innocent if innocent == now.innocent else innocent,
        rules=_counting(in_force.listed_rules(publication_id, draft.rules)) if draft.rules else now.rules,
        thresholds={**now.thresholds, **draft.thresholds} if draft.thresholds and own == publication_id else now.thresholds,
    )


@dataclass(slots=True)
class Stored:
    """A comment's present revision with what is known of it: findings by check, and the facts for rules."""

    comment: Comment
    findings: dict[str, Finding] = field(default_factory=dict)  # that counted
    unheard: dict[str, Finding] = field(default_factory=dict)  # of checks that were in shadow then; what they saw is gone as well
    met: dict[str, Finding] = field(default_factory=dict)  # of rules that counted
    facts: Mapping[str, rules.Value] | None = None
    decisions: list[tuple[str, str]] = field(default_factory=list)  # (kind, outcome), oldest first, of this revision

    @property
    def person(self) -> str:
        """The last outcome that a person chose and nobody took back; empty where there is none."""
        chosen = ""
        for kind, outcome in self.decisions:
            if kind == Decision.Kind.PERSON:
                chosen = outcome
            elif kind == Decision.Kind.UNDO:
                chosen = ""
        return chosen

    @property
    def is_machines(self) -> bool:
        """Whether the last word was a machine's. A second look leaves everything else alone."""
        return not self.decisions or self.decisions[-1][0] in (Decision.Kind.SCREENING, Decision.Kind.RESCAN)

    @property
    def gave_up(self) -> bool:
        """Whether no attempt to screen it came to an end. Such a text has ended processes before: it is not run again."""
        return "screening" in self.findings


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: policy.Verdict
    findings: Mapping[str, Finding]  # those that counted, those of rules as well
    checked: Mapping[str, Finding] = field(default_factory=dict)  # those of checks alone
    fresh: Mapping[str, Finding] = field(default_factory=dict)  # those of them that were made anew


# --- Judging ------------------------------------------------------------------------------------------------------------


def judge_again(
    stored: Stored, book: Rulebook, *, anew: bool = False, known: Judged | None = None, differs: Collection[str] = ()
) -> Judged:
    """The verdict on a comment by a rulebook. With `anew` all checks of the text are run, else only those that must be.

    A check that was not yet there when the comment came is run if it is one of the text, and not asked for otherwise. What
    checks said in `known` is taken as it stands, but for those of `differs`.
    """
    found: dict[str, Finding] = {}
    fresh: dict[str, Finding] = {}
    submission: Submission | None = None
    for name in book.checks:
        if known is not None and name in known.checked and name not in differs:
            found[name] = known.checked[name]
            if name in known.fresh:
                fresh[name] = found[name]
            continue
        kept = stored.findings.get(name)
        if name not in book.makers:
            kept = kept or stored.unheard.get(name)
        elif (kept is None or anew or _must_be_run(name, kept, book)) and not _timed_out(kept):
            submission = submission or _submission(stored, book)
            found[name] = fresh[name] = _match(name, submission) if name in LISTED and not anew else run_check(name, submission)[0]
            continue
        if kept is not None:
            found[name] = _relabelled(name, kept, book)
    counted = list(found.values())
    if book.rules:
        counted += rules.run(book.rules, _facts(stored, book, found, fresh), counted).counted
    article = stored.comment.article
    waits = article.comment_mode_in_force == CommentMode.BEFORE
    verdict = policy.judge(counted, found.keys(), waits, article.publication.reject_grave, settings.MODERATION_HARMS)
    return Judged(verdict, {finding.check: finding for finding in counted}, found, fresh)


def judge_both(stored: Stored, now: Rulebook, then: Rulebook, differs: Collection[str]) -> tuple[Judged, Judged]:
    """The verdicts by two rulebooks of one publication. `differs` is `touched(now, then)`; what both ask in the same way is asked once."""
    before = judge_again(stored, now)
    if not differs and then.rules == now.rules:
        return before, before
    return before, judge_again(stored, then, known=before, differs=differs)


def touched(now: Rulebook, then: Rulebook) -> frozenset[str]:
    """The checks that may answer differently by one rulebook than by the other. Both have the same checks and models."""
    heads = {
        head for head in {*now.thresholds, *then.thresholds} if dict(now.thresholds.get(head, {})) != dict(then.thresholds.get(head, {}))
    }
    found = {name for name, maker in now.makers.items() if heads & maker.models.keys()}
    if now.phrases is not then.phrases:
        found.add(phrases.NAME)
    if now.innocent is not then.innocent:
        found.add(abuse.NAME)
    return frozenset(found)


def _must_be_run(name: str, kept: Finding, book: Rulebook) -> bool:
    """Whether a stored finding of a check of the text says no more what the check would say."""
    maker = book.makers[name]
    if name in LISTED or kept.label is Label.ERROR or kept.version.partition("/")[0] != maker.version:
        return True
    if name == abuse.NAME and _needs_reading(kept, book):
        return True
    if len(maker.models) < 2:
        return any(kept.model_hash != by for by in maker.models.values())
    by = kept.detail.get("models")
    if by is None:  # from before that was written down: of its heads, the one that spoke
        return "probabilities" not in kept.detail or kept.model_hash != maker.models.get(str(kept.detail.get("head")))
    return by != {head: digest[: abuse.DIGITS] for head, digest in maker.models.items()}


def _needs_reading(kept: Finding, book: Rulebook) -> bool:
    """Whether innocent words can make a difference: only where a word of the lexicon stands in the text."""
    return bool(kept.detail.get("spared") or (book.innocent and kept.detail.get("lexicon")))


def _timed_out(kept: Finding | None) -> bool:
    """Whether a check was stopped at this text. It is not run again: in a web server's thread nothing would stop it."""
    return kept is not None and kept.label is Label.ERROR and kept.detail.get("error") == CheckTimeout.__name__


def _match(name: str, submission: Submission) -> Finding:
    """A check of LISTED on a text that it has read before: without the timer, which costs more than the check."""
    try:
        return load_check(name)[0](submission)
    except Exception:
        return run_check(name, submission)[0]  # which says ERROR, and writes it into the log


def _relabelled(name: str, kept: Finding, book: Rulebook) -> Finding:
    relabel = RELABELLED.get(name)
    if relabel is None:
        return kept
    try:
        return relabel(kept, book.thresholds, book.models)
    except (ModelError, ValueError) as error:  # as the check itself would fail
        return Finding(name, Label.ERROR, "", score=1.0, detail={"error": type(error).__name__})


def _facts(stored: Stored, book: Rulebook, found: Mapping[str, Finding], fresh: Mapping[str, Finding]) -> Mapping[str, rules.Value]:
    """The facts for rules: those of the moment as they were kept, those of the text by what was made anew."""
    facts = stored.facts
    if facts is None or not facts.keys() >= FACTS_OF_MOMENT:
        facts = {**rule_facts(stored.comment, _as_it_came(stored, _submission(stored, book)), found), **(facts or {})}
    kept = dict(facts)
    for name, told in TOLD_BY.items():
        if name in fresh or name not in found or found[name].label is Label.ERROR:
            for fact in told:
                kept.pop(fact, None)
    return kept | facts_of_text(fresh)


def _submission(stored: Stored, book: Rulebook) -> Submission:
    comment = stored.comment
    return Submission(
        text=comment.body_raw,
        author_name=comment.author_name,
        author_url=comment.author_url,
        language=book.language,
        submitted_at=comment.created_at,
        via_form=comment.via_form,
        phrases=book.phrases,
        innocent=book.innocent,
        listed_domains=book.domains,
        own_hosts=book.own_hosts,
        thresholds=book.thresholds,
        models=book.models,
    )


def _as_it_came(stored: Stored, submission: Submission) -> Submission:
    """For a comment whose facts were not kept: as much as its findings tell of the moment in which it came."""
    author, repeats = (stored.findings[name].detail if name in stored.findings else {} for name in ("new_author", "repeats"))
    return replace(
        submission,
        author_known=bool(author.get("known")),
        author_approved=_whole(author.get("approved")),
        author_refused=_whole(author.get("refused")),
        same_text=_whole(repeats.get("copies")),
        near_text=_whole(repeats.get("near")),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


# --- Reading what is stored ---------------------------------------------------------------------------------------------

# The details are JSON, which costs more to read than all the rest: they are fetched only where something is made of them.
_DETAILED = ("abuse",)
_DETAILED_WITHOUT_FACTS = ("abuse", "new_author", "repeats", "links", "language")
_NOTHING: Mapping[str, object] = {}


def load(comments: Sequence[Comment]) -> list[Stored]:
    """What is known of comments, which come with article, section and publication. Four queries, one more where facts were not kept."""
    ids = [comment.pk for comment in comments]
    stored = {comment.pk: Stored(comment) for comment in comments}
    revisions = {comment.pk: comment.revision for comment in comments}
    decisions = Decision.objects.filter(comment__in=ids).order_by("id")
    for pk, revision, kind, outcome, facts in decisions.values_list("comment_id", "revision", "kind", "outcome", "facts"):
        if revision == revisions[pk]:
            stored[pk].decisions.append((kind, outcome))
            if kind == Decision.Kind.SCREENING:
                stored[pk].facts = facts
    bare = [one.comment for one in stored.values() if one.facts is None or not one.facts.keys() >= FACTS_OF_MOMENT]
    if bare:
        prefetch_related_objects(bare, "commenter")
    rows = FindingRow.objects.filter(comment__in=ids, variant=None).order_by("id")
    detailed = rows.filter(Q(check_name__in=_DETAILED_WITHOUT_FACTS if bare else _DETAILED) | Q(label=Label.ERROR.value))
    details = dict(detailed.order_by().values_list("pk", "detail"))
    names = ("pk", "comment_id", "revision", "check_name", "label", "score", "probability", "check_version", "model_hash")
    for shadow in (False, True):
        for row, pk, revision, name, label, score, probability, version, model in rows.filter(shadow=shadow).values_list(*names):
            if revision != revisions[pk]:
                continue
            finding = Finding(name, _LABELS[label], version, score, probability, detail=details.get(row, _NOTHING), model_hash=model)
            one = stored[pk]
            # A later one of the same name comes from a second look, and is the newer truth.
            if name.startswith(rules.PREFIX):
                if not shadow:
                    one.met[name] = finding
            else:
                (one.unheard if shadow else one.findings)[name] = finding
    return list(stored.values())


_LABELS = {label.value: label for label in Label}
