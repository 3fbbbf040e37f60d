"""Run with the site's settings (`python -m benchmarks.checks`): microseconds of each check on one text, as a table."""

from __future__ import annotations

import os
import statistics
import time

import django

TEXTS = 200
ROUNDS = 5


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    from django.conf import settings

    from benchmarks.corpus import reply
    from comments.models import Comment
    from moderation.facts import gather, load_check

    began = time.perf_counter()
    checks = {name: load_check(name)[0] for name in [*settings.MODERATION_CHECKS, *settings.MODERATION_SHADOW_CHECKS]}
    loading = time.perf_counter() - began
    comment = Comment.objects.select_related("article__section__publication").first()
    assert comment is not None
    submissions = []
    began = time.perf_counter()
    for number in range(TEXTS):
        comment.body_raw = reply(number)
        submissions.append(gather(comment).submission)
    gathering = (time.perf_counter() - began) / TEXTS
    print(f"loading all checks {loading * 1000:.0f} ms; gathering the facts {gathering * 1e6:.0f} µs a comment")
    total = 0.0
    for name, check in checks.items():
        runs = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for submission in submissions:
                check(submission)
            runs.append((time.perf_counter() - began) / TEXTS * 1e6)
        total += statistics.median(runs)
        print(f"{name:<14} {statistics.median(runs):8.1f} µs")
    print(f"{'all checks':<14} {total:8.1f} µs")


if __name__ == "__main__":
    main()
