"""What stands in the mails to readers: text only, in the publication's language, without a word that a stranger could have typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import salted_hmac

from comments import people
from comments.models import Comment, Follow
from moderation import person, unsubscribing
from moderation.models import Notice
from newsroom.models import Article, Publication

MOST_ARTICLES = 40  # in a day's news; what is beyond is said as a number


@dataclass(slots=True)
class Heap:
    """What a day brought under one article."""

    article: Article
    first: Comment
    to_me: int = 0
    in_thread: int = 0
    link: str = field(default="", init=False)


def address_of(publication: Publication | None) -> str:
    """Where a publication is read, without a slash at the end: its own host if it has one, else SITE_URL."""
    if publication is None or not publication.host:
        return str(settings.SITE_URL)
    site = urlsplit(settings.SITE_URL)
    port = f":{site.port}" if site.port else ""
    return f"{site.scheme}://{publication.host}{port}"


def build(notice: Notice) -> EmailMessage | None:
    """The mail, in the publication's language; None where it is no longer wanted.

    Names and titles come from the newsroom. What the author or another reader typed is not repeated.
    """
    comment, reader = notice.comment, notice.commenter
    publication = comment.article.publication if comment is not None else notice.publication
    address = _address(notice)
    if publication is None or not address:
        return None
    if notice.kind == Notice.Kind.ACCOUNT:
        return _mail(notice, address, notice.subject, notice.body, {})
    site = address_of(publication)
    article = comment.article if comment is not None else None
    context: dict[str, Any] = {
        "publication": publication,
        "decision": notice.decision,
        "appeal": notice.appeal,
        "sanction": notice.sanction,
        "article": article,
        "site": site,
        "own_page": f"{site}{reverse('person')}",
        "day": notice.day,
    }
    if comment is not None and article is not None:
        # A reply that is public has a page that finds it; the author's own may wait, and then its article alone shows it to them.
        news = notice.kind in {Notice.Kind.REPLY, Notice.Kind.THREAD}
        context["link"] = f"{site}{comment.get_absolute_url()}" if news else f"{site}{article.get_absolute_url()}#{comment.anchor}"
        context["article_link"] = f"{site}{article.get_absolute_url()}"
    if notice.decision is not None:
        context["appeal_link"] = f"{site}{reverse('person-appeal', kwargs={'token': person.appeal_token(notice.decision)})}"
    if notice.kind == Notice.Kind.CONFIRM and reader is not None:
        context["link"] = f"{site}{reverse('person-confirm', kwargs={'token': people.address_token(reader)})}"
    if notice.kind == Notice.Kind.DIGEST:
        heaps = heaps_of(notice)
        if not heaps:
            return None
        for heap in heaps:
            heap.link = f"{site}{heap.first.get_absolute_url()}"
        context |= {"heaps": heaps[:MOST_ARTICLES], "more": max(0, len(heaps) - MOST_ARTICLES)}
    if notice.legal is not None:
        context |= {"legal": notice.legal, "article": notice.legal.article, "hours": settings.LEGAL_NOTICE_HOURS}
        context["article_link"] = f"{site}{notice.legal.article.get_absolute_url()}"
    thread_id = article.pk if article is not None and notice.kind == Notice.Kind.THREAD else None
    token = unsubscribing.token_for(notice.kind, notice.recipient, reader.pk if reader is not None else None, thread_id)
    context["unsubscribe"] = stop = f"{site}{reverse('person-unsubscribe', kwargs={'token': token})}"
    name = notice.decision.outcome if notice.decision is not None else notice.kind
    with translation.override(publication.language):
        subject = render_to_string("moderation/notices/subject.txt", {**context, "about": name})
        body = render_to_string(f"moderation/notices/{name}.txt", context)
    if notice.legal is not None:  # owed by law to who sent it, once each: there is nothing to end
        return _mail(notice, address, subject, body.strip() + "\n", {})
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return _mail(notice, address, subject, body.strip() + "\n", headers)


def _mail(notice: Notice, address: str, subject: str, body: str, headers: dict[str, str]) -> EmailMessage:
    """One line of subject; and the same Message-ID at each attempt, so that a mail program knows a repeat for what it is."""
    number = salted_hmac("moderation.message", str(notice.pk), algorithm="sha256").hexdigest()[:32]
    headers = {
        "Message-ID": f"<{number}@{urlsplit(settings.SITE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        **headers,
    }
    return EmailMessage(subject=" ".join(subject.split()), body=body, to=[address], headers=headers)


def _address(notice: Notice) -> str:
    """Where the mail goes; empty where the recipient has changed their mind, their address, or was forgotten."""
    if notice.kind == Notice.Kind.ACCOUNT:
        return notice.address
    if notice.legal is not None:
        return notice.legal.email
    if unsubscribing.is_muted(notice.recipient, notice.kind):
        return ""
    if notice.kind in unsubscribing.OWN:
        return notice.comment.author_email if notice.comment is not None else ""
    reader = notice.commenter
    if reader is None:
        return ""
    if notice.kind == Notice.Kind.CONFIRM:
        return reader.pending_email if unsubscribing.recipient_of(reader.pending_email) == notice.recipient else ""
    wanted = notice.kind == Notice.Kind.DIGEST or is_wanted(notice)
    return reader.email if wanted and unsubscribing.recipient_of(reader.email) == notice.recipient else ""


def is_wanted(notice: Notice) -> bool:
    """Whether news of a reply is still news: public, and asked for."""
    reader, comment = notice.commenter, notice.comment
    if reader is None or comment is None or not comment.is_public:
        return False
    if notice.kind == Notice.Kind.REPLY:
        return reader.notify_replies
    return Follow.objects.filter(commenter=reader, article=comment.article_id).exists()


def heaps_of(digest: Notice) -> list[Heap]:
    """What a day's news is about, by article, in the order in which it came. Two queries."""
    rows = digest.gathered.select_related("comment__article", "commenter").order_by("id")
    followed = set(Follow.objects.filter(commenter=digest.commenter_id).values_list("article_id", flat=True))
    return _piled(row for row in rows if _still_wanted(row, followed))


def _still_wanted(row: Notice, followed: set[int]) -> bool:
    if row.comment is None or row.commenter is None or not row.comment.is_public:
        return False
    return row.commenter.notify_replies if row.kind == Notice.Kind.REPLY else row.comment.article_id in followed


def _piled(rows: Iterable[Notice]) -> list[Heap]:
    heaps: dict[int, Heap] = {}
    for row in rows:
        if row.comment is None:
            continue
        heap = heaps.setdefault(row.comment.article_id, Heap(row.comment.article, row.comment))
        if row.kind == Notice.Kind.REPLY:
            heap.to_me += 1
        else:
            heap.in_thread += 1
    return list(heaps.values())
