"""The only ways in: submit(), edit(), withdraw(). The page, the API and importers all call these."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string

from comments.models import MAX_DEPTH, Comment, Commenter, Revision
from comments.signals import comment_submitted
from comments.states import EDITABLE, Status
from comments.text import to_html, to_plain
from newsroom import limits
from newsroom.models import Article, CommentAccess
from newsroom.network import network_of
from newsroom.prepared import Prepared, PreparedInsert

RETRY_WINDOW = timedelta(minutes=10)  # so long the same text from the same network is the same person's retry


@dataclass(frozen=True, slots=True)
class Draft:
    """What a reader typed, as `comments.forms.ReplyForm` has cleaned it."""

    author_name: str
    author_email: str
    author_url: str
    body: str
    parent: Comment | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Where a submission comes from, and how it was made."""

    ip: str | None = None
    user_agent: str = ""
    commenter: Commenter | None = None
    via_form: bool = False
    honeypot_filled: bool = False
    fill_seconds: float | None = None  # between the form's making and its sending; None where the signed stamp is missing


@dataclass(frozen=True, slots=True)
class Submitted:
    """`created` is False for a retry. `is_author` says whether this client may be shown the author's view of the comment."""

    comment: Comment
    created: bool
    is_author: bool


class Refused(Exception):
    """A submission or change that is not carried out. `code` is stable, for programs; the words are the caller's."""

    code = "refused"


class CommentsClosed(Refused):
    code = "comments_closed"


class ParentGone(Refused):
    code = "parent_gone"


class EmailRequired(Refused):
    code = "email_required"


class AccountRequired(Refused):
    code = "account_required"


# The publication requires something of whoever replies that this client has not shown. See `comments.keeping`.
NOT_YET_ALLOWED = (EmailRequired, AccountRequired)


class KeyReused(Refused):
    code = "idempotency_key_reused"


class WindowClosed(Refused):
    code = "edit_window_closed"


class NotEditable(Refused):
    code = "not_editable"


class ChangedMeanwhile(Refused):
    code = "changed_meanwhile"


class Barred(Refused):
    """The person may not write here until `until`, for `reason` (words). One of settings.SUBMISSION_GATES says so."""

    code = "barred"

    def __init__(self, until: datetime, reason: str) -> None:
        super().__init__(until)
        self.until = until
        self.reason = reason


class TooFast(Refused):
    code = "too_fast"

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def submit(article: Article, draft: Draft, client: Client, idempotency_key: str = "") -> Submitted:
    """Keep one comment, PENDING, and announce it after the commit. The same submission again answers with the same comment.

    Raises CommentsClosed, Barred, ParentGone, EmailRequired, AccountRequired, KeyReused or TooFast; then nothing was kept.
    """
    draft = with_shown_address(article, draft, client.commenter)
    key = _digest(article.pk, idempotency_key) if idempotency_key else None
    content = content_digest(article, draft)
    network = network_of(client.ip)
    if (known := _find(key, content, network, client)) is not None:
        return known
    if not article.comments_open():
        raise CommentsClosed
    pass_gates(article, client.commenter)
    if draft.parent is not None and (draft.parent.article_id != article.pk or not draft.parent.is_public):
        raise ParentGone
    check_allowed(article, client.commenter)
    if wait := limits.hit("submit", f"{network or client.ip}:{article.pk}", settings.COMMENT_RATE_LIMITS, act=content):
        raise TooFast(wait)
    try:
        with transaction.atomic():
            comment = _insert(article, draft, client, network, key, content)
            _announce(comment.pk, comment.revision)
    except IntegrityError:
        # Somebody else sent the same at the same moment; theirs is the row that both are answered with.
        if (known := _find(key, content, network, client)) is None:
            raise
        return known
    return Submitted(comment, created=True, is_author=True)


def content_digest(article: Article, draft: Draft) -> str:
    """What is equal where somebody sends the same once more."""
    parent = draft.parent.pk if draft.parent else None
    return _digest(article.pk, parent, draft.author_name.casefold(), draft.author_email.casefold(), draft.author_url, draft.body)


def check_allowed(article: Article, commenter: Commenter | None) -> None:
    """Raise one of NOT_YET_ALLOWED unless the commenter has shown what the publication requires. What somebody typed shows nothing."""
    access = article.publication.comment_access
    if access == CommentAccess.ACCOUNT and (commenter is None or commenter.user_id is None):
        raise AccountRequired
    if access == CommentAccess.EMAIL and (commenter is None or not commenter.email):
        raise EmailRequired


def with_shown_address(article: Article, draft: Draft, commenter: Commenter | None) -> Draft:
    """The draft under the address that was confirmed, for accounts and wherever one is required: not under whatever was typed."""
    if commenter is None or not commenter.email:
        return draft
    if commenter.user_id is None and article.publication.comment_access == CommentAccess.ANYBODY:
        return draft
    return replace(draft, author_email=commenter.email)


def pass_gates(article: Article, commenter: Commenter | None) -> None:
    """Ask the apps above whether somebody may write here: each gate is a function of article and commenter that raises a Refused."""
    for path in settings.SUBMISSION_GATES:
        import_string(path)(article, commenter)


def _insert(article: Article, draft: Draft, client: Client, network: str, key: str | None, content: str) -> Comment:
    parent = draft.parent
    if parent is not None and parent.depth >= MAX_DEPTH:
        parent = parent.parent
    commenter = client.commenter
    if commenter is None and client.via_form:
        commenter = add_commenter(Commenter())
    row = Comment(
        article=article,
        parent=parent,
        root_id=None if parent is None else parent.root_id or parent.pk,
        path="" if parent is None else f"{parent.path}.{parent.pk}".lstrip("."),
        depth=0 if parent is None else parent.depth + 1,
        commenter=commenter,
        author_name=draft.author_name,
        author_email=draft.author_email,
        author_url=draft.author_url,
        body_raw=draft.body,
        body_html=to_html(draft.body),
        body_text=to_plain(draft.body),
        via_form=client.via_form,
        honeypot_filled=client.honeypot_filled,
        fill_seconds=client.fill_seconds,
        ip=client.ip,
        user_agent=client.user_agent[:300],
        network=network,
        idempotency_key=key,
        idempotency_body=content if key else "",
        content_key=content,
    )
    return add_comment(row)


def _find(key: str | None, content: str, network: str, client: Client) -> Submitted | None:
    """The comment that the same submission made before. Raises KeyReused where the key came with another content."""
    if key is not None and (comment := _one(BY_IDEMPOTENCY_KEY, key)) is not None:
        if comment.idempotency_body != content:
            raise KeyReused
        return Submitted(comment, created=False, is_author=True)
    if (comment := _one(BY_CONTENT, content)) is None:
        return None
    same_browser = client.commenter is not None and comment.commenter_id == client.commenter.pk
    is_retry = bool(network) and comment.network == network and timezone.now() - comment.created_at < RETRY_WINDOW
    return Submitted(comment, created=False, is_author=same_browser or is_retry)


def _one(query: Prepared[Comment], value: str) -> Comment | None:
    # Nearly always there is none, so the rows of four tables are read only where there is one.
    found = query.first(value)
    return None if found is None else Comment.objects.select_related("article", "commenter", "parent").get(pk=found.pk)


def edit(comment: Comment, body: str) -> Comment:
    """Replace the text: a new revision, PENDING, that goes through the checks again. The old text is kept as a Revision.

    Raises NotEditable, WindowClosed, Barred or ChangedMeanwhile; then nothing was changed.
    """
    check_changeable(comment)
    pass_gates(comment.article, comment.commenter)
    if body == comment.body_raw:
        return comment
    with transaction.atomic():
        replaced, number = comment.body_raw, comment.revision
        moved = comment.move_to(
            Status.PENDING,
            revision=number + 1,
            body_raw=body,
            body_html=to_html(body),
            body_text=to_plain(body),
            edited_at=timezone.now(),
            screen_attempts=0,
            screen_due_at=_due(),
            content_key=None,
        )
        if not moved:
            raise ChangedMeanwhile
        Revision.objects.create(comment=comment, number=number, body_raw=replaced)
        _announce(comment.pk, comment.revision)
    return comment


def withdraw(comment: Comment) -> Comment:
    """Take a comment back for good. Its replies keep their place. Raises NotEditable, WindowClosed or ChangedMeanwhile."""
    if comment.status == Status.WITHDRAWN:
        return comment
    check_changeable(comment)
    if not comment.move_to(Status.WITHDRAWN, content_key=None):
        raise ChangedMeanwhile
    return comment


def check_changeable(comment: Comment) -> None:
    """Raise unless the author may still change the comment."""
    if comment.status not in EDITABLE:
        raise NotEditable
    if timezone.now() > edit_window_end(comment):
        raise WindowClosed


def edit_window_end(comment: Comment) -> datetime:
    return comment.created_at + timedelta(minutes=settings.COMMENT_EDIT_MINUTES)


def _due() -> Combinable:
    # By the database's clock: web server and worker may disagree by an hour.
    return ExpressionWrapper(Now() + settings.SCREEN_GRACE, output_field=DateTimeField())


BY_IDEMPOTENCY_KEY = Prepared(lambda key: Comment.objects.filter(idempotency_key=key).only("pk")[:1], str)
BY_CONTENT = Prepared(lambda key: Comment.objects.filter(content_key=key).only("pk")[:1], str)
add_commenter = PreparedInsert(Commenter)
add_comment = PreparedInsert(Comment, screen_due_at=_due)


def _announce(comment_id: int, revision: int) -> None:
    # A lambda, not functools.partial: Django 5.2 fails on a partial whose call fails (ticket 36487).
    transaction.on_commit(lambda: _send(comment_id, revision), robust=True)


def _send(comment_id: int, revision: int) -> None:
    comment_submitted.send_robust(sender=Comment, comment_id=comment_id, revision=revision)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
