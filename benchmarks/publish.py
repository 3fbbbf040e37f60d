"""Run inside the installation (`python -m benchmarks.publish SLUG COUNT`): publish a comment a second, and say when each is there."""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta

import django


def main(slug: str, count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    from django.utils import timezone

    from benchmarks.corpus import reply
    from comments.models import Comment
    from comments.states import Status
    from comments.text import to_html, to_plain
    from newsroom.models import Article

    article = Article.objects.get(slug=slug)
    begun = time.monotonic()
    for number in range(count):
        text = f"{reply(number)} {time.time()}"
        fields = {"body_raw": text, "body_html": to_html(text), "body_text": to_plain(text)}
        due = timezone.now() + timedelta(hours=1)
        comment = Comment.objects.create(article=article, author_name="Pembaca", screen_due_at=due, **fields)
        comment.move_to(Status.APPROVED)
        print(number, flush=True)
        time.sleep(max(0.0, begun + number + 1 - time.monotonic()) if number + 1 < count else 0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
