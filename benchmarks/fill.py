"""Run inside the installation (`python -m benchmarks.fill COUNT [HOST]`): an article with so many published comments, which HOST may
show in a frame; prints its slug."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

import django


def main(count: int, host: str = "") -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from benchmarks.corpus import reply
    from comments.models import Comment
    from comments.states import Status
    from comments.text import to_html, to_plain
    from newsroom.models import Article, EmbedHost, Section

    section = Section.objects.order_by("pk")[0]
    if host:
        EmbedHost.objects.get_or_create(publication=section.publication, host=host)
    slug = f"ukuran-{count}"
    article = Article.objects.create(section=section, slug=slug, title=f"Utas dengan {count} balasan", body="Isi.", comment_mode="after")
    tops: list[Comment] = []
    with transaction.atomic():
        for number in range(count):
            parent = tops[number % len(tops)] if number % 5 in (1, 3) and tops else None  # two of five are replies
            text = reply(number)
            comment = Comment.objects.create(
                article=article,
                parent=parent,
                root=parent,
                path=str(parent.pk) if parent else "",
                depth=1 if parent else 0,
                author_name=f"Pembaca {number % 40}",
                body_raw=text,
                body_html=to_html(text),
                body_text=to_plain(text),
                screen_due_at=timezone.now() + timedelta(hours=1),
            )
            comment.move_to(Status.APPROVED)
            if parent is None:
                tops.append(comment)
    print(slug)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
