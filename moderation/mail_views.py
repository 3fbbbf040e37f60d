"""What readers are told by mail: their wishes, threads that they follow, and the link that ends it. Complete without JavaScript."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from comments import identity
from comments.models import Commenter, Follow, Rhythm
from comments.views import get_article
from moderation import addresses, unsubscribing
from moderation.following import follow, unfollow
from moderation.forms import AddressForm
from moderation.models import Mute, Notice
from moderation.person_views import ask, done, known, private
from newsroom.network import client_ip, network_of


@require_POST
@private
def settings_saved(request: HttpRequest) -> HttpResponse:
    """Counts for a confirmed address alone: before that there is nobody to write to."""
    commenter = known(request)
    if not commenter.email:
        return done("tersimpan")
    rhythm = request.POST.get("irama", "")
    Commenter.objects.filter(pk=commenter.pk).update(
        notify_replies=bool(request.POST.get("balasan")), rhythm=rhythm if rhythm in Rhythm.values else commenter.rhythm
    )
    who = unsubscribing.recipient_of(commenter.email)
    if request.POST.get("keputusan"):
        Mute.objects.filter(recipient=who).delete()
    else:
        Mute.objects.get_or_create(recipient=who, kind=Mute.Kind.DECISION)
    return done("tersimpan")


@require_http_methods(["GET", "HEAD", "POST"])
@private
def follow_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Follow the thread of an article, or follow it no longer. Who has no confirmed address gets a link first: nobody else's is told."""
    article = get_article(request, slug)
    commenter = identity.commenter_of(request)
    confirmed = commenter is not None and bool(commenter.email)
    form = AddressForm(request.POST if request.method == "POST" and not confirmed else None)
    context: dict[str, Any] = {
        "article": article,
        "commenter": commenter,
        "confirmed": confirmed,
        "form": form,
        "following": commenter is not None and Follow.objects.filter(commenter=commenter, article=article).exists(),
    }
    if request.method != "POST":
        return render(request, "moderation/person/follow.html", context)
    if commenter is not None and request.POST.get("berhenti"):
        unfollow(commenter, article)
        return done("tak-diikuti")
    if commenter is not None and confirmed:
        follow(commenter, article)
        return done("diikuti")
    if not form.is_valid():
        return render(request, "moderation/person/follow.html", context, status=400)
    reader = commenter or Commenter.objects.create()
    if wait := addresses.ask(reader, form.cleaned_data["email"], article.publication, network_of(client_ip(request))):
        if commenter is None:
            reader.delete()
        form.add_error("email", _("Too many mails were asked for from your network. Please try again later."))
        response = render(request, "moderation/person/follow.html", context, status=429)
        response["Retry-After"] = str(wait)
        return response
    follow(reader, article)
    response = done("dikirim")
    if reader.user_id is None:
        identity.remember(response, reader)
    return response


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@private
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link at the end of a mail, without log-in or cookie. POST is also what a mail program's own button sends (RFC 8058)."""
    wish = unsubscribing.read(token)
    if wish is None:
        return ask(
            request,
            {"title": _("No more mails?"), "refused": _("This link is not good, or you have been forgotten here already.")},
            status=404,
        )
    words = question(wish)
    if request.method != "POST":
        return ask(request, words)
    if request.POST.get("lagi"):
        unsubscribing.allow_again(wish)
        return ask(request, words | {"title": _("Done"), "text": _("This address may get mails again."), "finished": True})
    everything = bool(request.POST.get("semua"))
    unsubscribing.stop(wish, everything=everything)
    words |= {"title": _("Done"), "finished": True}
    if everything or wish.only_all:
        words["text"] = _("This address gets no more mails from us.")
    if everything or not wish.is_about_news:
        words["again"] = _("Allow mails again")
    return ask(request, words)


def question(wish: unsubscribing.Wish) -> dict[str, Any]:
    """What the page behind the link asks, by the kind of mail that it stood in."""
    every: dict[str, Any] = {"button": _("Stop these mails"), "every": _("Stop all mails to this address")}
    if wish.only_all:
        return {
            "title": _("No more mails?"),
            "text": _("Then this address gets no more mails from us, whoever types it here."),
            "button": _("Stop all mails to this address"),
        }
    if wish.kind == Notice.Kind.REPLY:
        return every | {"title": _("No more mails about replies?"), "text": _("You get no more mails about replies to your comments.")}
    if wish.kind == Notice.Kind.THREAD:
        return every | {"title": _("Follow this thread no longer?"), "text": _("You get no more mails about new replies in this thread.")}
    if wish.kind == Notice.Kind.DIGEST:
        return every | {
            "title": _("No more of the day's news?"),
            "text": _("You get no more mails about replies to you and in threads that you follow."),
        }
    return every | {
        "title": _("No more mails about your comments?"),
        "text": _("You are told no longer by e-mail what became of your comments. Your own page still says it."),
    }
