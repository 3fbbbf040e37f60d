""" "Setuju" and "Kurang setuju" by plain forms: the buttons of the thread, and what is answered to who presses one."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from comments import identity, reactions
from comments.models import Comment, Commenter, Reaction
from comments.words import wait_words
from newsroom import limits
from newsroom.models import Article
from newsroom.network import client_ip, network_of
from newsroom.views import in_publication, publication_of

# The name of the button that was pressed; its value is the comment's public id.
ACTS = {"setuju": Reaction.Kind.AGREE, "kurang": Reaction.Kind.DISAGREE, "tarik": None}


@csrf_exempt
@require_POST
@in_publication
def react(request: HttpRequest) -> HttpResponse:
    """Keep what a reader thinks of a comment. No CSRF token, since the buttons stand on a page that is the same for everybody.

    A browser says itself when another site's page made it send this; then it is refused.
    """
    if identity.from_other_site(request):
        raise PermissionDenied
    name = next((name for name in ACTS if name in request.POST), None)
    if name is None:
        raise Http404
    comment = public_comment(request, request.POST[name])
    commenter = identity.commenter_of(request)
    ip = client_ip(request)
    if wait := limits.hit("react", network_of(ip) or str(ip), settings.COMMENT_REACTION_LIMITS):
        response = shown(
            request, comment, commenter, trouble=_("Too fast: you can react again in %(wait)s.") % {"wait": wait_words(wait)}, status=429
        )
        response["Retry-After"] = str(wait)
        return response
    client = identity.client_key(request, commenter)
    try:
        if (kind := ACTS[name]) is None:
            reactions.take_back(comment, client)
        else:
            reactions.react(comment, client, kind)
    except reactions.NotPublic as error:
        raise Http404 from error
    # Who is known sees on the thread itself what they said. For everybody else that page is the same, so they get one of their own.
    address = comment.get_absolute_url() if commenter is not None else reverse("reaction", kwargs={"public_id": comment.public_id})
    response = redirect(address)
    response.status_code = 303
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@in_publication
def reaction(request: HttpRequest, public_id: str) -> HttpResponse:
    """What this reader said of a comment, and how to change it."""
    return shown(request, public_comment(request, public_id), identity.commenter_of(request))


def public_comment(request: HttpRequest, public_id: str) -> Comment:
    rows = Comment.objects.public().select_related("article__section__publication")
    articles = Article.objects.published().filter(section__publication=publication_of(request))
    comment = rows.filter(public_id=public_id[:64], article__in=articles).first()
    if comment is None:
        raise Http404
    return comment


def shown(request: HttpRequest, comment: Comment, commenter: Commenter | None, trouble: str = "", status: int = 200) -> HttpResponse:
    said = reactions.kinds_of(identity.client_key(request, commenter), [comment.pk]).get(comment.pk, "")
    response = render(request, "comments/reaction.html", {"comment": comment, "said": said, "trouble": trouble}, status=status)
    response["Cache-Control"] = "no-store"
    return response
