"""The desk's pages for trying a change out on old comments, and for looking at old comments again. Complete without JavaScript."""

from __future__ import annotations

import csv
import io
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments.states import Status
from moderation import bulk, drafts, replays, rulekeeping, thresholds
from moderation.access import comments_for
from moderation.check_names import check_name
from moderation.classifiers.phrases import COLUMNS, LONGEST_PATTERN, check_pattern, read
from moderation.drafts import Draft, NewPhrase
from moderation.edition import edition
from moderation.evidence import Piece, excerpt
from moderation.models import Head, Innocent, Phrase, Replay, ReplayItem, Rule
from moderation.rulebook_pages import (
    EVERYWHERE,
    action_word,
    chosen,
    fault_words,
    for_readers,
    lists_for,
    see_other,
    shown,
    to_change,
    words_for_phrases,
)

if TYPE_CHECKING:
    from moderation.views import DeskRequest
    from newsroom.models import Publication

DAYS = (7, 30, 90)
RESCAN_DAYS = (1, 7, 30, 90, 365)
LATEST = 10
EXAMPLES = 50
MOST_LINES = 200  # of phrases or words in one draft
OUTCOMES = (Status.APPROVED, Status.HELD, Status.REJECTED, Status.SPAM)
PHRASE_DEFAULTS = ("", "suspect", "spam", "2", "", "")
REFRESH = "2"  # seconds
KEPT = gettext_lazy("no change")


# --- The result as a table and a chart ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """How many comments went from one outcome to another, and what people decided of those.

    `stays` belongs to a rescan: so many more are judged otherwise and remain as they are, since a person decided them.
    """

    was: str
    would: str
    count: int = 0
    approved: int = 0
    refused: int = 0
    stays: int = 0

    @property
    def name(self) -> str:
        return f"{self.was}-{self.would}"

    @property
    def is_change(self) -> bool:
        return self.was != self.would


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the chart, in the units of its SVG; `now` says whether it stands for things as they are."""

    outcome: str
    now: bool
    y: int
    width: float
    count: int


@dataclass(slots=True)
class Result:
    """A replay's table: rows and columns by outcome, sums, and bars for the chart."""

    columns: list[str]
    rows: list[tuple[str, list[Cell], int]]
    sums: list[int]
    changes: list[Cell]
    bars: list[Bar] = field(default_factory=list)
    height: int = 0
    changed: int = 0  # comments that would go to another state
    total: int = 0  # comments that are in the table
    left_out: int = 0  # comments that were looked at and are not
    left_alone: int = 0  # judged otherwise by a rescan, and not touched: a person has decided them

    @property
    def columns_with_sums(self) -> list[tuple[str, int]]:
        return list(zip(self.columns, self.sums, strict=True))


CHART_WIDTH = 330  # of the longest bar; beside it stands its number
WORDS, BAR, GAP = 22, 18, 12  # heights: an outcome's name, one of its two bars, the room below


def result_of(made: Replay) -> Result:
    """The numbers of a replay, in the order of OUTCOMES. In a rescan's, what a person decided is counted where it stays."""
    cells = {}
    kept: Counter[str] = Counter()
    for name, counts in made.table.items():
        was, _to, would = name.partition(">")
        count, refused = counts.get("count", 0), counts.get(Status.REJECTED, 0) + counts.get(Status.SPAM, 0)
        stays = 0
        if made.kind == Replay.Kind.RESCAN and was != would:
            stays = sum(counts.get(outcome, 0) for outcome in OUTCOMES)
            kept[was] += stays
        cells[was, would] = Cell(was, would, count - stays, counts.get(Status.APPROVED, 0), refused, stays)
    for was, stays in kept.items():
        same = cells.get((was, was)) or Cell(was, was)
        cells[was, was] = replace(same, count=same.count + stays)
    used = [outcome for outcome in OUTCOMES if any(outcome in pair for pair in cells)]
    rows = []
    for was in used:
        row = [cells.get((was, would)) or Cell(was, would) for would in used]
        rows.append((str(was), row, sum(cell.count for cell in row)))
    sums = [sum(row[1][place].count for row in rows) for place in range(len(used))]
    changes = sorted((cell for cell in cells.values() if cell.is_change), key=lambda cell: -cell.count)
    result = Result([str(outcome) for outcome in used], rows, sums, changes, changed=sum(cell.count for cell in changes))
    result.total = sum(sums)
    result.left_out = made.seen - result.total
    result.left_alone = kept.total()
    most = max([*sums, *(row[2] for row in rows)], default=0) or 1
    for place, outcome in enumerate(result.columns):
        y = place * (WORDS + 2 * BAR + GAP) + WORDS
        for now, count in ((True, rows[place][2]), (False, sums[place])):
            result.bars.append(Bar(outcome, now, y if now else y + BAR, round(CHART_WIDTH * count / most, 1), count))
    result.height = len(used) * (WORDS + 2 * BAR + GAP)
    return result


@dataclass(slots=True)
class Example:
    item: ReplayItem
    pieces: list[Piece]
    because: list[str]


def examples(made: Replay, request: DeskRequest, cell: str) -> list[Example]:
    """Comments of one cell of the table that this person may see.

    First those that people approved and a change would take; in a rescan, where such stay, those that would change.
    """
    was, _to, would = cell.partition("-")
    rows = ReplayItem.objects.filter(replay=made, was=was, would=would, comment__in=comments_for(request.user))
    rows = rows.select_related("comment__article").order_by("id")
    against = Q(person=Status.APPROVED) if would != Status.APPROVED else Q(person__in=[Status.REJECTED, Status.SPAM])
    if made.kind == Replay.Kind.RESCAN:
        against = Q(person="")
    found = list(rows.filter(against)[:EXAMPLES])
    found += list(rows.exclude(against)[: EXAMPLES - len(found)])
    names = {f"rule:{pk}": name for pk, name in Rule.objects.values_list("pk", "name")}
    return [
        Example(
            item,
            excerpt(" ".join(item.comment.body_raw.split("\n")), [], 180),
            [names.get(name, check_name(name)) for name in item.because],
        )
        for item in found
    ]


# --- The simulator ------------------------------------------------------------------------------------------------------


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def simulator_page(request: DeskRequest) -> HttpResponse:
    """What a change would have made of the last days; the form, and the latest simulations."""
    name, publication, may = chosen(request, request.POST.get("list") or request.GET.get("list"))
    troubles: list[str] = []
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        draft, troubles = read_draft(request, publication)
        days = number_of(request.POST.get("days"), DAYS)
        if not troubles and not draft:
            troubles = [_("Nothing is changed by this; change something to try it out.")]
        if not troubles:
            made = replays.order(request.user, Replay.Kind.SIMULATION, publication, days, draft=draft)
            return see_other("simulation", made.number)
    context = {
        "list": name,
        "lists": lists_for(request.user),
        "may_keep": may,
        "publication": publication,
        "all_days": DAYS,
        "days": number_of(request.POST.get("days") or request.GET.get("days"), DAYS, 30),
        "heads": heads_for(request, publication),
        "rules": rules_for(request, publication),
        "phrase_actions": [action_word(action) for action in Phrase.Action],
        "phrase_kinds": [kind.label for kind in Phrase.Kind],
        "typed": {key: request.POST.get(key, request.GET.get(key, ""))[:20_000] for key in TYPED},
        "troubles": troubles,
        "modes": [("", KEPT), *Rule.Mode.choices],
        "latest": latest(request, Replay.Kind.SIMULATION),
    }
    return shown(request, "simulator.html", "simulator", _("Policy simulator"), context, 400 if troubles else 200)


TYPED = ("phrases", "without_phrases", "innocents", "without_innocents")


def heads_for(request: DeskRequest, publication: Publication | None) -> list[tuple[str, str, float, float, str, str]]:
    """Each text model: its name, its words, the thresholds in force, and what was typed instead."""
    if publication is None:
        return []
    return [
        (
            now.head,
            str(Head(now.head).label),
            now.queue,
            now.strict,
            request.POST.get(f"queue-{now.head}", f"{now.queue:.6g}"),
            request.POST.get(f"strict-{now.head}", f"{now.strict:.6g}"),
        )
        for now in thresholds.overview(publication.pk)
    ]


def rules_for(request: DeskRequest, publication: Publication | None) -> list[tuple[Rule, str]]:
    """The rules of the list, and the mode that each is to be tried in."""
    asked = request.GET.get("rule", "")
    return [
        (rule, request.POST.get(f"rule-{rule.pk}", Rule.Mode.ENABLED.value if str(rule.pk) == asked else ""))
        for rule in Rule.objects.filter(publication=publication)
    ]


def number_of(given: str | None, allowed: tuple[int, ...], otherwise: int | None = None) -> int:
    """One of the allowed numbers of days."""
    number = int(given) if given and given.isascii() and given.isdigit() and len(given) < 4 else 0
    return number if number in allowed else (otherwise or allowed[0])


def read_draft(request: DeskRequest, publication: Publication | None) -> tuple[Draft, list[str]]:
    """What the form would change, and what is wrong with it."""
    troubles: list[str] = []
    added, more = read_phrases(request.POST.get("phrases", ""))
    troubles += more
    without = _named(Phrase.objects.filter(publication=publication, enabled=True), request.POST.get("without_phrases", ""), troubles)
    spared = _named(Innocent.objects.filter(publication=publication), request.POST.get("without_innocents", ""), troubles)
    innocents = _lines(request.POST.get("innocents", ""))
    for pattern in innocents:
        if (fault := check_pattern(pattern)) is not None:
            troubles.append(fault_words(fault))
    modes = {}
    for rule in Rule.objects.filter(publication=publication):
        mode = request.POST.get(f"rule-{rule.pk}", "")
        if mode in Rule.Mode.values and mode != rule.mode:
            modes[rule.pk] = mode
    return Draft(added, without, tuple(innocents), spared, modes, read_thresholds(request, publication, troubles)), troubles


def read_phrases(text: str) -> tuple[tuple[NewPhrase, ...], list[str]]:
    """Phrases from lines such as `slot gacor, banned, gambling, 3`; what is left out is PHRASE_DEFAULTS."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in csv.reader(io.StringIO(text.replace("\0", "")), skipinitialspace=True):
        cells = [cell.strip() for cell in row]
        filled = [given or usual for given, usual in zip([*cells, *[""] * 6], PHRASE_DEFAULTS, strict=False)]
        writer.writerow(filled if any(cells) else [])  # an empty line stays one, so that the lines keep their numbers
    reading = read(file.getvalue(), words_for_phrases())
    troubles = [_("Line %(line)d: %(fault)s") % {"line": line - 1, "fault": fault_words(sentence)} for line, sentence in reading.faults]
    if len(reading.lines) > MOST_LINES:
        troubles.append(_("At most %(limit)d lines can be tried out at once.") % {"limit": MOST_LINES})
    return tuple(
        NewPhrase(line.pattern, "banned" if line.banned else "suspect", line.kind, line.severity) for _number, line in reading.lines
    ), troubles[:20]


def read_thresholds(request: DeskRequest, publication: Publication | None, troubles: list[str]) -> dict[str, dict[str, float]]:
    """The thresholds that are other than those in force."""
    changed = {}
    for head, words, queue, strict, typed_queue, typed_strict in heads_for(request, publication):
        if (typed_queue, typed_strict) == (f"{queue:.6g}", f"{strict:.6g}"):
            continue
        try:
            numbers = (float(typed_queue.replace(",", ".")), float(typed_strict.replace(",", ".")))
        except ValueError:
            numbers = (0.0, 0.0)
        if not 0 < numbers[0] <= numbers[1] <= 1:
            words_of = {"model": words}
            troubles.append(_("%(model)s: thresholds are numbers above 0 and up to 1, the one of the queue first.") % words_of)
        else:
            changed[head] = {"queue": numbers[0], "strict": numbers[1]}
    return changed


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(" ".join(line.lower().split())[: LONGEST_PATTERN + 1] for line in text.splitlines() if line.strip()))[
        :MOST_LINES
    ]


def _named(rows: Any, text: str, troubles: list[str]) -> tuple[int, ...]:
    """The primary keys of the rows whose patterns stand in the lines."""
    patterns = _lines(text)
    known = dict(rows.filter(pattern__in=patterns).values_list("pattern", "pk"))
    troubles += [_("“%(word)s” is not on this list.") % {"word": pattern} for pattern in patterns if pattern not in known]
    return tuple(known.values())


# --- Looking again ------------------------------------------------------------------------------------------------------


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def rescans_page(request: DeskRequest) -> HttpResponse:
    """Order a second look at old comments; nothing becomes of them before somebody has read the report."""
    name, publication, may = chosen(request, request.POST.get("list") or request.GET.get("list"))
    states = [state for state in replays.RESCANNED if state in request.POST.getlist("state")]
    trouble = ""
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        if states:
            days = number_of(request.POST.get("days"), RESCAN_DAYS)
            made = replays.order(request.user, Replay.Kind.RESCAN, publication, days, states=states)
            return see_other("simulation", made.number)
        trouble = _("Choose at least one state.")
    context = {
        "list": name,
        "lists": lists_for(request.user),
        "may_keep": may,
        "all_days": RESCAN_DAYS,
        "days": number_of(request.POST.get("days"), RESCAN_DAYS, 7),
        "states": [(state, state.label, state in states or request.method != "POST") for state in replays.RESCANNED],
        "most": replays.MOST,
        "trouble": trouble,
        "latest": latest(request, Replay.Kind.RESCAN),
    }
    return shown(request, "rescans.html", "rescan", _("Rescan"), context, 400 if trouble else 200)


# --- One replay ---------------------------------------------------------------------------------------------------------


def latest(request: DeskRequest, kind: str) -> list[Replay]:
    rows = Replay.objects.filter(rulekeeping.read_by(request.user), kind=kind).select_related("moderator", "publication")
    return list(visible(request, rows)[:LATEST])


def visible(request: DeskRequest, rows: Any) -> Any:
    """Replays whose figures are about no publication that is out of somebody's sight."""
    everything = Q() if rulekeeping.read_by(request.user) == Q() else Q(publication__isnull=False) | Q(moderator=request.user)
    return rows.filter(everything)


def find(request: DeskRequest, number: uuid.UUID) -> tuple[Replay, bool]:
    """A replay, and whether this person may apply or discard it; 404 where it is out of their sight."""
    rows = Replay.objects.filter(rulekeeping.read_by(request.user), number=number).select_related("moderator", "publication", "bulk")
    made = visible(request, rows).first()
    if made is None:
        raise Http404
    _name, _publication, may = chosen(request, str(made.publication_id or EVERYWHERE))
    return made, may


@for_readers
@require_safe
def replay_page(request: DeskRequest, number: uuid.UUID) -> HttpResponse:
    """How far a replay is; and when it is done, the table, the chart, and with `cell` the comments of one cell."""
    made, may = find(request, number)
    cell = request.GET.get("cell", "")[:24]
    result = result_of(made)
    known = {one.name: one for one in result.changes}
    draft = Draft.from_json(made.draft)
    undecided = made.finished_at is not None and made.applied_at is None and made.discarded_at is None
    is_rescan = made.kind == Replay.Kind.RESCAN
    context = {
        "made": made,
        # Of what the report foresaw, how much can still be done: people go on deciding while it is read.
        "open": bulk.open_items(made, request.user).count() if undecided and is_rescan and result.changed else 0,
        "undecided": undecided,
        "is_simulation": not is_rescan,
        # It was the truth when it was made: what is in force now is something else.
        "outdated": undecided and made.edition not in {"", edition(made.publication_id)},
        "result": result,
        "outcomes": {str(outcome): outcome.label for outcome in OUTCOMES},
        "cell": known.get(cell),
        "examples": examples(made, request, cell) if cell in known else [],
        "draft": draft,
        "draft_lines": draft_lines(draft),
        "may_keep": may,
        "waiting": made.finished_at is None and made.discarded_at is None,
        "most": replays.MOST,
        "per_second": round(made.seen / made.seconds) if made.seconds > 0 else 0,
        # What somebody has waited for the answer, be it that the worker had other things to do.
        "waited": max((made.finished_at - made.created_at).total_seconds(), made.seconds) if made.finished_at else 0.0,
    }
    page, title = ("simulator", _("Policy simulator")) if context["is_simulation"] else ("rescan", _("Rescan"))
    response = shown(request, "replay.html", page, title, context)
    if context["waiting"]:
        response["Refresh"] = REFRESH
    return response


def draft_lines(draft: Draft) -> list[str]:
    """A draft in words, a line for each change."""
    lines = [
        _("phrase added: %(phrase)s (%(action)s)") % {"phrase": one.pattern, "action": Phrase.Action(one.action).label}
        for one in draft.phrases
    ]
    gone = Phrase.objects.filter(pk__in=draft.without_phrases).values_list("pattern", flat=True)
    lines += [_("phrase off: %(phrase)s") % {"phrase": pattern} for pattern in gone]
    lines += [_("innocent: %(word)s") % {"word": pattern} for pattern in draft.innocents]
    counted = Innocent.objects.filter(pk__in=draft.without_innocents).values_list("pattern", flat=True)
    lines += [_("no longer innocent: %(word)s") % {"word": pattern} for pattern in counted]
    for rule in Rule.objects.filter(pk__in=draft.rules):
        lines.append(_("rule “%(rule)s”: %(mode)s") % {"rule": rule.name, "mode": Rule.Mode(draft.rules[rule.pk]).label})
    for head, numbers in draft.thresholds.items():
        point = get_format("DECIMAL_SEPARATOR")
        shown_as = {name: f"{number:.6g}".replace(".", point) for name, number in numbers.items()}
        words = {"model": Head(head).label, **shown_as}
        lines.append(_("%(model)s: queue from %(queue)s, strict from %(strict)s") % words)
    return lines


@for_readers
@require_POST
def replay_apply(request: DeskRequest, number: uuid.UUID) -> HttpResponse:
    """Put a simulation's change into force; or let a second look's verdicts follow, as one bulk action that can be taken back."""
    made, _may = find(request, number)
    to_change(request, str(made.publication_id or EVERYWHERE))
    if made.kind == Replay.Kind.RESCAN:
        if made.applied_at is None and not bulk.open_items(made, request.user).exists():
            messages.error(request, _("There is nothing to apply: no comment would change."))
            return see_other("simulation", number)
        ordered = bulk.order_rescan(made, request.user)
        if ordered is None:
            messages.error(request, _("This look is not finished, or somebody has applied or discarded it already."))
            return see_other("simulation", number)
        return see_other("queue-progress", ordered.number)
    try:
        drafts.carry_out(made, request.user)
    except drafts.NotCarriedOut as refused:
        messages.error(request, str(refused))
    except rulekeeping.ChangedMeanwhile:
        messages.error(request, _("Somebody has changed one of the rules meanwhile. Nothing was changed; simulate again."))
    else:
        messages.success(request, _("The change is in force from the next comment on. Old comments stay as they are."))
    return see_other("simulation", number)


@for_readers
@require_POST
def replay_discard(request: DeskRequest, number: uuid.UUID) -> HttpResponse:
    """Leave everything as it is. A replay that is still at work stops."""
    made, _may = find(request, number)
    to_change(request, str(made.publication_id or EVERYWHERE))
    if replays.discard(made):
        messages.success(request, _("Discarded. Nothing was changed."))
    else:
        messages.error(request, _("This was applied or discarded already."))
    return see_other("simulation", number)
