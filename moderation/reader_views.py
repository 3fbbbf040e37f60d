"""Pages of the desk that readers see. Complete without JavaScript."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from comments import identity
from comments.models import Comment
from comments.submission import TooFast
from moderation.forms import ReportForm
from moderation.reports import NotReportable, report, reporter_of
from newsroom.models import Article
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication

SENT = "terkirim"


@require_http_methods(["GET", "HEAD", "POST"])
@in_publication
def report_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """The form that reports a public comment, and the thanks for it.

    With Django's own CSRF token, other than the reply form: another site's page must not make its visitors report somebody.
    """
    rows = Comment.objects.public().filter(article__in=Article.objects.published()).select_related("article__section__publication")
    comment = rows.filter(public_id=public_id).first()
    if request.method != "POST" and SENT in request.GET:
        # The report may have taken the comment down; the thanks are the same for ids that never were.
        return answer(request, {"comment": comment, "sent": True})
    if comment is None:
        raise Http404
    if request.method != "POST":
        return answer(request, {"comment": comment, "form": ReportForm()})
    form = ReportForm(request.POST)
    if not form.is_valid():
        return answer(request, {"comment": comment, "form": form}, status=400)
    network = network_of(client_ip(request))
    try:
        report(
            comment,
            form.cleaned_data["reason"],
            form.cleaned_data["detail"],
            reporter=reporter_of(identity.commenter_of(request), network),
            network=network,
        )
    except NotReportable as error:
        raise Http404 from error
    except TooFast as error:
        form.add_error(None, _("Too many reports from your network. Please try again later."))
        response = answer(request, {"comment": comment, "form": form}, status=429)
        response["Retry-After"] = str(error.seconds)
        return response
    response = redirect(f"{reverse('report', kwargs={'public_id': public_id})}?{SENT}=1")
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    return response


def answer(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render(request, "moderation/report.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response
