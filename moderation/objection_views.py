"""Where a person objects to a measure against them, from their own page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from moderation import sanctions
from moderation.forms import AppealForm
from moderation.models import Sanction
from moderation.person_views import known, private


@require_http_methods(["GET", "HEAD", "POST"])
@private
def objection_page(request: HttpRequest, number: int) -> HttpResponse:
    """One's own measure, with the form for an objection; 404 for everybody else's."""
    sanction = get_object_or_404(Sanction.objects.filter(commenter=known(request)), pk=number)
    form = AppealForm(request.POST if request.method == "POST" else None)
    form.fields["text"].label = _("Why do you think that this is a mistake?")
    context = {"sanction": sanction, "form": form}
    template = "moderation/person/objection.html"
    if request.method != "POST":
        return render(request, template, context)
    if not form.is_valid():
        return render(request, template, context, status=400)
    try:
        sanctions.object_to(sanction, form.cleaned_data["text"])
    except sanctions.Settled:
        return render(request, template, {**context, "settled": True}, status=409)
    response = redirect("person")
    response.status_code = 303
    return response
