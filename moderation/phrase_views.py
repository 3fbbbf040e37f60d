"""The desk's pages for phrases and innocent words. Complete without JavaScript; whoever may not change a list reads it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comments.text import clean_raw
from moderation import days, phrase_desk, rulekeeping
from moderation.classifiers import lexicon
from moderation.classifiers.phrases import LONGEST_PATTERN, check_pattern, read
from moderation.models import Innocent, Phrase
from moderation.rulebook_pages import (
    EVERYWHERE,
    chosen,
    fault_words,
    for_readers,
    lists_for,
    see_other,
    shown,
    to_change,
    words_for_phrases,
)
from moderation.uploads import LARGEST, NotAList, read_list

if TYPE_CHECKING:
    from moderation.views import DeskRequest
    from newsroom.models import Publication

    _PhraseForm = forms.ModelForm[Phrase]
else:
    _PhraseForm = forms.ModelForm

PAGE_SIZE = 100
MOST_FAULTS = 200
MOST_TYPED = 500  # of what is given back in a field that takes less
STATES = {"": gettext_lazy("all"), "on": gettext_lazy("in force"), "off": gettext_lazy("not in force")}


def in_reach(day: date) -> None:
    if not days.FIRST <= day <= days.LAST:
        raise ValidationError(_("Choose a day between 1900 and 9000."), code="out_of_reach")


class PhraseForm(_PhraseForm):
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: without end."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[in_reach],
    )

    class Meta:
        model = Phrase
        fields = ["pattern", "action", "kind", "severity", "language", "note", "enabled"]

    def __init__(self, *args: Any, publication: Publication | None, **kwargs: Any) -> None:
        self.publication = publication
        super().__init__(*args, **kwargs)
        self.fields["pattern"].help_text = _(
            "Plain small letters; disguises are undone first. ~ in front: with affixes. * behind: any ending."
        )
        if self.instance.expires_at is not None:
            self.fields["last_day"].initial = phrase_desk.last_day(self.instance.expires_at, publication)

    def clean_pattern(self) -> str:
        pattern = " ".join(self.cleaned_data["pattern"].lower().split())
        if (fault := check_pattern(pattern)) is not None:
            raise ValidationError(fault_words(fault))
        same = Phrase.objects.filter(publication=self.publication, pattern=pattern).exclude(pk=self.instance.pk)
        if same.exists():
            raise ValidationError(_("This phrase is on the list already."))
        return pattern

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        day = cleaned.get("last_day")
        self.instance.expires_at = phrase_desk.end_of(day, self.publication) if day else None
        self.instance.publication = self.publication
        return cleaned


# --- Phrases ------------------------------------------------------------------------------------------------------------


@for_readers
@require_safe
def phrases_page(request: DeskRequest) -> HttpResponse:
    """One list, searched and filtered."""
    name, publication, may = chosen(request, request.GET.get("list"))
    words, kind, state = request.GET.get("q", "")[:80].strip(), request.GET.get("kind", ""), request.GET.get("state", "")
    rows = Phrase.objects.filter(publication=publication).order_by("pattern")
    if words:
        rows = rows.filter(Q(pattern__icontains=words) | Q(note__icontains=words))
    if kind in Phrase.Kind.values:
        rows = rows.filter(kind=kind)
    ended = Q(enabled=False) | Q(expires_at__lte=timezone.now())
    if state in ("on", "off"):
        rows = rows.filter(ended) if state == "off" else rows.exclude(ended)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "list": name,
        "lists": lists_for(request.user),
        "may_keep": may,
        "rows": page,
        "everywhere": Phrase.objects.filter(publication=None).count() if publication is not None else 0,
        "now": timezone.now(),
        "words": words,
        "kind": kind,
        "kinds": Phrase.Kind.choices,
        "state": state,
        "states": STATES.items(),
    }
    return shown(request, "phrases.html", "phrases", _("Phrases"), context)


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def phrase_page(request: DeskRequest, number: int | None = None) -> HttpResponse:
    """One phrase, or a new one. What it would have matched is shown before it is saved: a form whose phrase nobody has looked at
    yet is answered with that, and saved when it comes back unchanged."""
    phrase: Phrase | None = None
    if number is not None:
        phrase = Phrase.objects.filter(rulekeeping.read_by(request.user), pk=number).select_related("publication").first()
        if phrase is None:
            raise Http404
        name, publication, may = chosen(request, str(phrase.publication_id or EVERYWHERE))
    else:
        name, publication, may = chosen(request, request.POST.get("list") or request.GET.get("list"))
    if not may and (number is None or request.method == "POST"):
        raise PermissionDenied
    before = phrase.pattern if phrase is not None else ""
    form = PhraseForm(request.POST or None, instance=phrase, publication=publication)
    found, status = None, 200
    if request.method == "POST":
        if not form.is_valid():
            status = 400
        else:
            pattern = form.cleaned_data["pattern"]
            if pattern in (before, request.POST.get("looked")) and "look" not in request.POST:
                return _save(request, form, name)
            found = phrase_desk.look(request.user, [pattern], publication)
    context = {
        "list": name,
        "publication": publication,
        "form": form,
        "phrase": phrase,
        "may_keep": may,
        "found": found,
        "looked": form.cleaned_data["pattern"] if found is not None else "",
        "history": rulekeeping.history(phrase) if phrase is not None else [],
    }
    return shown(request, "phrase.html", "phrases", before or _("New phrase"), context, status)


def _save(request: DeskRequest, form: PhraseForm, name: str) -> HttpResponse:
    row, changed = form.instance, form.changed_data
    if row.pk is None or changed:
        fields = ["expires_at" if field == "last_day" else field for field in changed]
        try:
            rulekeeping.keep(row, request.user, fields)
        except IntegrityError:
            if not Phrase.objects.filter(publication=row.publication, pattern=row.pattern).exists():
                raise
            form.add_error("pattern", _("This phrase is on the list already."))
            return shown(request, "phrase.html", "phrases", _("New phrase"), {"list": name, "form": form, "may_keep": True}, 409)
    messages.success(request, _("Saved. It counts from the next comment on."))
    return see_other("phrases", query=f"list={name}")


@for_readers
@require_POST
def phrase_delete(request: DeskRequest, number: int) -> HttpResponse:
    """Take a phrase off its list for good; what it found stays where it was found."""
    phrase = Phrase.objects.filter(rulekeeping.read_by(request.user), pk=number).first()
    if phrase is None:
        raise Http404
    name, _publication = to_change(request, str(phrase.publication_id or EVERYWHERE))
    rulekeeping.drop(phrase, request.user)
    messages.success(request, _("Deleted."))
    return see_other("phrases", query=f"list={name}")


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def try_page(request: DeskRequest) -> HttpResponse:
    """The test box. By POST, since an address ends up in logs and a comment's text must not."""
    name, publication, _may = chosen(request, request.POST.get("list") or request.GET.get("list"))
    text = clean_raw(request.POST.get("text", ""))[:5_000]
    tried = phrase_desk.try_text(text, publication) if text.strip() else None
    context = {"list": name, "lists": lists_for(request.user), "text": text, "tried": tried}
    return shown(request, "try.html", "try", _("Try a text out"), context)


# --- CSV ----------------------------------------------------------------------------------------------------------------


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: DeskRequest) -> HttpResponse:
    """A list from a file or pasted: first what it would change and each refused line, then, on the second button, the change."""
    name, publication = to_change(request, request.POST.get("list") or request.GET.get("list"))
    context: dict[str, Any] = {"list": name, "publication": publication, "largest": LARGEST // 1000}
    title = _("Import phrases")
    if request.method != "POST":
        return shown(request, "import.html", "phrases", title, context)
    pasted = request.POST.get("text", "")
    try:
        text = read_list(request.FILES.get("file"), pasted)
    except NotAList as error:
        context |= {"trouble": str(error), "of_file": error.of_file, "text": pasted[:LARGEST]}
        return shown(request, "import.html", "phrases", title, context, 400)
    reading = read(text, words_for_phrases())
    plan = phrase_desk.plan_import(reading, publication)
    if "save" in request.POST:
        count = phrase_desk.carry_import(plan, publication, request.user)
        kept = ngettext("%(count)d phrase is new or changed.", "%(count)d phrases are new or changed.", count) % {"count": count}
        refused = len(reading.faults)
        if refused:
            kept += " " + ngettext("%(count)d line was refused.", "%(count)d lines were refused.", refused) % {"count": refused}
        messages.success(request, kept)
        return see_other("phrases", query=f"list={name}")
    context |= {
        "plan": plan,
        "text": text,
        "faults": [(line, fault_words(sentence)) for line, sentence in reading.faults[:MOST_FAULTS]],
        "more_faults": max(len(reading.faults) - MOST_FAULTS, 0),
        "refused": len(reading.faults),
    }
    return shown(request, "import.html", "phrases", title, context)


@for_readers
@require_safe
def export_page(request: DeskRequest) -> HttpResponse:
    """The list as CSV, with the cells defused."""
    _name, publication, _may = chosen(request, request.GET.get("list"))
    response = HttpResponse("".join(phrase_desk.export(publication)), content_type="text/csv; charset=utf-8")
    slug = publication.slug if publication is not None else "semua"
    response["Content-Disposition"] = f'attachment; filename="frasa-{slug}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


# --- Innocent words -----------------------------------------------------------------------------------------------------


@for_readers
@require_http_methods(["GET", "HEAD", "POST"])
def innocents_page(request: DeskRequest) -> HttpResponse:
    """The abuse lexicon, and which of its words are harmless here."""
    name, publication, may = chosen(request, request.POST.get("list") or request.GET.get("list"))
    trouble = ""
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        trouble = _change_innocents(request, publication)
        if not trouble:
            return see_other("innocents", query=f"list={name}")
    words = request.GET.get("q", "")[:80].strip().lower()
    own = list(Innocent.objects.filter(publication=publication).order_by("pattern"))
    off = {row.pattern: row for row in own}
    if publication is not None:
        off = {row.pattern: row for row in Innocent.objects.filter(publication=None)} | off
    lines = [(line, off.get(line.pattern)) for line in lexicon.load() if words in line.pattern]
    patterns = {line.pattern for line in lexicon.load()}
    context = {
        "list": name,
        "lists": lists_for(request.user),
        "may_keep": may,
        "publication": publication,
        "words": words,
        "lines": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
        "own": [row for row in own if row.pattern not in patterns],
        "off": [row for row in own if row.pattern in patterns],
        "longest": LONGEST_PATTERN,
        "trouble": trouble,
        "typed": {each: request.POST.get(each, "")[:MOST_TYPED] for each in ("pattern", "note")},
    }
    return shown(request, "innocents.html", "innocents", _("Abuse lexicon"), context, 400 if trouble else 200)


def _change_innocents(request: DeskRequest, publication: Publication | None) -> str:
    """Switch a word off, or on again; or call a phrase innocent. What is wrong with that, or an empty text."""
    if number := request.POST.get("drop", ""):
        row = None
        if number.isascii() and number.isdigit() and len(number) < 19:
            row = Innocent.objects.filter(pk=int(number), publication=publication).first()
        if row is None:
            raise Http404
        rulekeeping.drop(row, request.user)
        messages.success(request, _("“%(word)s” counts again.") % {"word": row.pattern})
        return ""
    pattern = " ".join(request.POST.get("pattern", "").lower().split())
    fault = check_pattern(pattern)
    if fault is not None:
        return fault_words(fault)
    if Innocent.objects.filter(publication=publication, pattern=pattern).exists():
        messages.warning(request, _("“%(word)s” is innocent here already.") % {"word": pattern})
    else:
        note = clean_raw(request.POST.get("note", ""))[:200]
        rulekeeping.keep(Innocent(publication=publication, pattern=pattern, note=note), request.user)
        messages.success(request, _("“%(word)s” is no longer counted as abuse here.") % {"word": pattern})
    return ""
