"""The desk's pages for rules: writing one without a line of code, seeing what it does in shadow, putting it into force."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments.models import Comment
from comments.states import Status
from moderation import days, phrase_desk, rule_words, rulekeeping, rules
from moderation.access import comments_for
from moderation.evidence import Piece, excerpt
from moderation.models import Finding, Rule
from moderation.rule_words import Row
from moderation.rulebook_pages import EVERYWHERE, chosen, for_readers, lists_for, see_other, shown, to_change

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet

    from moderation.views import DeskRequest

    _RuleForm = forms.ModelForm[Rule]
else:
    _RuleForm = forms.ModelForm

SPOKE_DAYS = 7
EXAMPLES = 10
MOST_COUNTED = 1_000  # comments of a rule whose fate is looked up for its page
EMPTY_ROWS = 3
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class RuleForm(_RuleForm):
    weight = forms.FloatField(
        label=gettext_lazy("By how much"),
        min_value=0.01,
        max_value=1.0,
        initial=0.2,
        required=False,
        help_text=gettext_lazy("Only for “sooner” and “later”: a share of the highest priority, 0.01 to 1."),
        widget=forms.NumberInput(attrs={"step": "any", "min": "0.01", "max": "1"}),
    )

    class Meta:
        model = Rule
        fields = ["name", "note", "action", "weight", "last", "starts_at", "ends_at"]
        widgets = {"starts_at": MOMENT, "ends_at": MOMENT}

    def clean_weight(self) -> float:
        return self.cleaned_data["weight"] or 0.2

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("starts_at", "ends_at"):
            if (moment := cleaned.get(name)) is not None and not days.FIRST <= moment.date() <= days.LAST:
                self.add_error(name, ValidationError(_("Choose a day between 1900 and 9000."), code="out_of_reach"))
        start, end = cleaned.get("starts_at"), cleaned.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", ValidationError(_("The end lies before the beginning.")))
        return cleaned


@dataclass(slots=True)
class Spoken:
    """What a rule has said since its conditions are as they are, and what people made of those comments."""

    met: int = 0
    errors: int = 0
    approved: int = 0
    refused: int = 0
    bounded: bool = False  # there were more than are counted
    examples: list[tuple[Comment, list[Piece], str]] = field(default_factory=list)


def spoken(rule: Rule, user: User) -> Spoken:
    """See Spoken; of the comments that this person may see, the latest ones."""
    name = f"{rules.PREFIX}{rule.pk}"
    rows = Finding.objects.filter(check_name=name, created_at__gte=rule.changed_at).exclude(label=Finding.Label.CLEAN)
    found = Spoken(errors=rows.filter(label=Finding.Label.ERROR)[:MOST_COUNTED].count())
    said = rows.exclude(label=Finding.Label.ERROR).filter(comment__in=comments_for(user)).order_by("-created_at", "-id")
    ids = list(dict.fromkeys(said.values_list("comment_id", flat=True)[: MOST_COUNTED + 1]))
    found.bounded, ids = len(ids) > MOST_COUNTED, ids[:MOST_COUNTED]
    found.met = len(ids)
    chosen_by = phrase_desk.by_people(ids)
    found.approved = sum(outcome == Status.APPROVED for outcome in chosen_by.values())
    found.refused = sum(outcome in (Status.REJECTED, Status.SPAM) for outcome in chosen_by.values())
    first = sorted(ids, key=lambda pk: chosen_by.get(pk) != Status.APPROVED)[:EXAMPLES]
    shown_here = Comment.objects.select_related("article").in_bulk(first)
    for pk in first:
        comment = shown_here[pk]
        found.examples.append((comment, excerpt(" ".join(comment.body_raw.split("\n")), [], 140), chosen_by.get(pk, "")))
    return found


# --- The list -----------------------------------------------------------------------------------------------------------


@for_readers
@require_safe
def rules_page(request: DeskRequest) -> HttpResponse:
    """The rules of one list in their order, with what each said in the last days."""
    name, publication, may = chosen(request, request.GET.get("list"))
    rows = list(Rule.objects.filter(publication=publication).select_related("promoted_by"))
    since = timezone.now() - timedelta(days=SPOKE_DAYS)
    names = [f"{rules.PREFIX}{row.pk}" for row in rows]
    said = Finding.objects.filter(check_name__in=names, created_at__gte=since).exclude(label=Finding.Label.CLEAN).order_by()
    error = Q(label=Finding.Label.ERROR)
    counts = {
        row["check_name"]: row
        for row in said.values("check_name").annotate(met=Count("pk", filter=~error), errors=Count("pk", filter=error))
    }
    lines = [(row, rule_words.sentence(row.conditions), counts.get(f"{rules.PREFIX}{row.pk}", {})) for row in rows]
    context = {
        "list": name,
        "lists": lists_for(request.user),
        "may_keep": may,
        "lines": lines,
        "days": SPOKE_DAYS,
        "full": len(rows) >= rulekeeping.MOST_RULES,
        "now": timezone.now(),
    }
    return shown(request, "rules.html", "rules", _("Rules"), context)


# --- One rule -----------------------------------------------------------------------------------------------------------


def find(request: DeskRequest, number: int) -> tuple[Rule, str, bool]:
    """A rule that this person may read, its list, and whether they may change it. 404 where it is out of their sight."""
    rows: QuerySet[Rule] = Rule.objects.filter(rulekeeping.read_by(request.user)).select_related("publication", "promoted_by")
    rule = rows.filter(pk=number).first()
    if rule is None:
        raise Http404
    name, _publication, may = chosen(request, str(rule.publication_id or EVERYWHERE))
    return rule, name, may


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def rule_page(request: DeskRequest, number: int | None = None) -> HttpResponse:
    """One rule, or a new one, which begins in shadow whatever is posted."""
    rule = None
    if number is not None:
        rule, name, may = find(request, number)
        publication = rule.publication
    else:
        name, publication, may = chosen(request, request.POST.get("list") or request.GET.get("list"))
    if not may and (number is None or request.method == "POST"):
        raise PermissionDenied
    match, joins, rows = rule_words.rows_of(rule.conditions) if rule is not None else ("all", {}, [])
    # The form's instance is a row of its own: what was typed must not stand in the one that the page tells of.
    form = RuleForm(request.POST or None, instance=Rule.objects.get(pk=rule.pk) if rule is not None else None)
    troubles: list[str] = []
    status = 200
    if request.method == "POST":
        match, joins, rows = posted_rows(request)
        if "more" not in request.POST:
            form.instance.publication = publication
            troubles = [_("There are %(limit)d rules on this list; delete one first.") % {"limit": rulekeeping.MOST_RULES}]
            full = rule is None and Rule.objects.filter(publication=publication).count() >= rulekeeping.MOST_RULES
            answer, troubles = (None, troubles) if full else save(request, form, match, joins, rows, name)
            if answer is not None:
                return answer
            status = 400
    context = {
        "list": name,
        "publication": publication,
        "rule": rule,
        "form": form,
        "match": match,
        "joins": [(each, joins.get(each, "any")) for each in rule_words.GROUPS[1:]],
        "groups": rule_words.GROUPS,
        "rows": [*rows, *(Row() for _row in range(min(EMPTY_ROWS, rules.MOST_CONDITIONS - len(rows))))],
        "fields": rule_words.field_choices(),
        "operators": rule_words.OPERATOR_WORDS.items(),
        "troubles": troubles,
        "may_keep": may,
        "spoken": spoken(rule, request.user) if rule is not None else None,
        "sentence": rule_words.sentence(rule.conditions) if rule is not None else "",
        "history": rulekeeping.history(rule) if rule is not None else [],
    }
    return shown(request, "rule.html", "rules", rule.name if rule is not None else _("New rule"), context, status)


def posted_rows(request: DeskRequest) -> tuple[str, dict[str, str], list[Row]]:
    """What stands in the form's rows, without the empty ones."""
    lists = [request.POST.getlist(name)[: rules.MOST_CONDITIONS + EMPTY_ROWS] for name in ("group", "field", "is", "value")]
    rows = [Row(*(part[:400] for part in parts)) for parts in zip(*lists, strict=False)]
    joins = {each: request.POST.get(f"join-{each}", "any") for each in rule_words.GROUPS[1:]}
    return request.POST.get("match", ""), joins, [row for row in rows if row.field or row.value.strip()]


def save(
    request: DeskRequest, form: RuleForm, match: str, joins: dict[str, str], rows: list[Row], name: str
) -> tuple[HttpResponse | None, list[str]]:
    """Save what the form says; the answer, or none and what is wrong with the conditions as a whole."""
    try:
        conditions = rule_words.read_rows(match, joins, rows)
    except rules.BadRule as bad:
        form.is_valid()
        return None, rule_words.general_faults(bad)
    if not form.is_valid():
        return None, []
    rule: Rule = form.instance
    changed = list(form.changed_data)
    if form.instance._state.adding:
        rule.conditions, rule.mode, rule.position = conditions, Rule.Mode.SHADOW, rulekeeping.next_position(rule.publication_id)
        rulekeeping.keep(rule, request.user)
        messages.success(request, _("Saved. The rule is in shadow: it is recorded what it would have done, and nothing follows."))
        return see_other("rule", rule.pk), []
    if conditions != Rule.objects.values_list("conditions", flat=True).get(pk=rule.pk):
        rule.conditions = conditions
        changed.append("conditions")
    version = request.POST.get("version", "")
    if not (version.isascii() and version.isdigit() and int(version[:9]) == rule.version):
        return None, [_("Somebody has changed this rule meanwhile. Load the page again; what you typed still stands here.")]
    if changed:
        was_in_force = rule.mode == Rule.Mode.ENABLED
        try:
            back_in_shadow = rulekeeping.change_rule(rule, request.user, changed)
        except rulekeeping.ChangedMeanwhile:
            return None, [_("Somebody has changed this rule meanwhile. Load the page again; what you typed still stands here.")]
        if back_in_shadow and was_in_force:
            messages.warning(request, _("The rule does something else now, so it is in shadow again until somebody puts it into force."))
    messages.success(request, _("Saved. It counts from the next comment on."))
    return see_other("rules", query=f"list={name}"), []


@for_readers
@require_POST
def rule_mode(request: DeskRequest, number: int) -> HttpResponse:
    """Put a rule into force, into shadow, or off; of the version that the page showed."""
    rule, name, _may = find(request, number)
    to_change(request, name)
    mode, version = request.POST.get("mode", ""), request.POST.get("version", "")
    if mode not in Rule.Mode.values or not (version.isascii() and version.isdigit() and len(version) < 10):
        return HttpResponse(_("The form is not complete. Please reload the page."), status=400, content_type="text/plain; charset=utf-8")
    rule.version = int(version)
    try:
        rulekeeping.set_mode(rule, mode, request.user)
    except rulekeeping.ChangedMeanwhile:
        messages.error(request, _("Somebody has changed this rule meanwhile. Nothing was done; look at it first."))
        return see_other("rule", number)
    said = {
        Rule.Mode.ENABLED: _("The rule is in force from the next comment on."),
        Rule.Mode.SHADOW: _("The rule is in shadow: it is recorded what it would have done, and nothing follows."),
        Rule.Mode.OFF: _("The rule is switched off."),
    }
    messages.success(request, said[Rule.Mode(mode)])
    return see_other("rules", query=f"list={name}")


@for_readers
@require_POST
def rule_move(request: DeskRequest, number: int) -> HttpResponse:
    """One place up or down in its list."""
    rule, name, _may = find(request, number)
    to_change(request, name)
    rulekeeping.move(rule, request.POST.get("to") == "up", request.user)
    return see_other("rules", query=f"list={name}")


@for_readers
@require_POST
def rule_delete(request: DeskRequest, number: int) -> HttpResponse:
    """Delete a rule; what it said stays with the comments."""
    rule, name, _may = find(request, number)
    to_change(request, name)
    rulekeeping.drop(rule, request.user)
    messages.success(request, _("Deleted."))
    return see_other("rules", query=f"list={name}")
