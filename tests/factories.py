"""Objects for tests, each with the least that it needs. Written through the models, not through the flow: flows have tests of their own."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from comments.models import Comment, Commenter
from comments.reactions import rank
from comments.states import Status
from comments.text import to_html, to_plain
from moderation.models import Announcement, Notice
from newsroom.models import Article, Publication, Section

_numbers = itertools.count(1)


def make_publication(**fields: Any) -> Publication:
    number = next(_numbers)
    return Publication.objects.create(**{"name": "Kabar Uji", "slug": f"kabar-uji-{number}", **fields})


def make_section(**fields: Any) -> Section:
    number = next(_numbers)
    if "publication" not in fields:
        fields["publication"] = Publication.objects.order_by("id").first() or make_publication()
    return Section.objects.create(**{"name": f"Rubrik {number}", "slug": f"rubrik-{number}", **fields})


def make_article(**fields: Any) -> Article:
    number = next(_numbers)
    if "section" not in fields:
        fields["section"] = make_section()
    defaults: dict[str, Any] = {
        "slug": f"artikel-{number}",
        "title": f"Jembatan nomor {number} dibuka",
        "body": "Paragraf pertama.\n\nParagraf kedua.",
        "published_at": timezone.now() - timedelta(days=1),
    }
    return Article.objects.create(**{**defaults, **fields})


def make_comment(article: Article | None = None, **fields: Any) -> Comment:
    """A comment in any state, its counters kept as `move_to` would keep them."""
    number = next(_numbers)
    article = article or make_article()
    body = fields.pop("body", f"Komentar nomor {number} tentang jembatan itu.")
    status = Status(fields.pop("status", Status.APPROVED))
    parent: Comment | None = fields.get("parent")
    if parent is not None:
        fields.update(root_id=parent.root_id or parent.pk, path=f"{parent.path}.{parent.pk}".lstrip("."), depth=parent.depth + 1)
    defaults: dict[str, Any] = {
        "author_name": f"Pembaca {number}",
        "author_email": f"pembaca{number}@contoh.example",
        "body_raw": body,
        "body_html": to_html(body),
        "body_text": to_plain(body),
        "screen_due_at": timezone.now() + timedelta(hours=1),
    }
    defaults["best_rank"] = rank(fields.get("reaction_count", 0), fields.get("disagree_count", 0))
    comment = Comment.objects.create(article=article, **{**defaults, **fields})
    if status != Status.PENDING:
        assert comment.move_to(status)
    return comment


def end_undo_time() -> None:
    """Let the time be over in which what people decided can be taken back, and nobody is told of it."""
    now = timezone.now()
    Notice.objects.filter(state=Notice.State.DUE, attempts=0, due_at__gt=now).update(due_at=now)
    # Later than any lease ends.
    Announcement.objects.filter(due_at__gt=now + timedelta(minutes=2)).update(due_at=now)


def make_commenter(**fields: Any) -> Commenter:
    return Commenter.objects.create(**fields)


def make_user(name: str = "", **fields: Any) -> User:
    number = next(_numbers)
    return User.objects.create_user(name or f"orang{number}", password=fields.pop("password", "sandi-yang-panjang"), **fields)


def make_moderator(name: str = "", **fields: Any) -> User:
    """A member of the group "moderator" who may log in to the admin."""
    user = make_user(name, is_staff=True, **fields)
    group, created = Group.objects.get_or_create(name="moderator")
    if created:
        group.permissions.set(
            Permission.objects.filter(content_type__app_label__in=["moderation", "comments"], codename__startswith="view_")
        )
    user.groups.add(group)
    return User.objects.get(pk=user.pk)
