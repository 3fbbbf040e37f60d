"""Run with the site's settings (`python -m benchmarks.desk`): a moderator decides 200 comments as the desk's script does; then two and five
share a queue. Writes to the database, so run it on an installation made for it.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ITEMS = 200
SHARED = 2_000
KEYS: tuple[tuple[str, ...], ...] = (("a",), ("r", "1"), ("s",), ("a",), ("r", "2"))  # what is pressed, one comment after another
OUTCOMES = {"a": {"outcome": "approve"}, "s": {"outcome": "spam"}}
REASONS = {"1": "advertising", "2": "insulting"}


def fill(count: int) -> None:
    """So many comments that wait."""
    from benchmarks.corpus import reply
    from comments.models import Comment
    from comments.states import Status
    from newsroom.models import Article

    article = Article.objects.order_by("pk")[0]
    rows = [
        Comment(
            article=article,
            author_name=f"Pembaca {n}",
            body_raw=reply(n),
            body_html="",
            body_text=reply(n),
            status=Status.HELD,
            network="abc",
        )
        for n in range(count)
    ]
    Comment.objects.bulk_create(rows, batch_size=500)


def moderator(name: str) -> User:
    from django.contrib.auth.models import Group, User

    user, _created = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name="moderator"))
    return user


def one_moderator() -> None:
    """Decide ITEMS comments with the requests of the desk's script, and say what each cost."""
    from django.test import Client
    from django.urls import reverse

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(moderator("uji-satu"))
    began = time.perf_counter()
    page = client.get(reverse("queue"))
    first = time.perf_counter() - began
    opened = re.search(r'id="opened"\s+data-id="(\w+)"', page.content.decode())
    if opened is None:
        sys.exit("the queue opened no comment")
    current = opened[1]
    ready = [client.get(reverse("queue-next"), {"holding": current}).json()["ahead"]["id"]]
    times, sizes, presses = [], [], 0
    for number in range(ITEMS):
        keys = KEYS[number % len(KEYS)]
        presses += len(keys)
        data = OUTCOMES.get(keys[0]) or {"outcome": "reject", "reason": REASONS[keys[1]]}
        data = {**data, "status": "held", "revision": "1", "holding": ",".join(ready)}
        began = time.perf_counter()
        answer = client.post(reverse("queue-decide", args=[current]), data, headers={"accept": "application/json"})
        times.append((time.perf_counter() - began) * 1000)
        sizes.append(len(answer.content))
        if answer.status_code != 200:
            sys.exit(f"decision {number}: {answer.status_code}")
        current = ready.pop(0)
        ready.append(answer.json()["ahead"]["id"])
    times.sort()
    print(
        f"{'desk, one moderator':<34} {ITEMS} decided: {presses / ITEMS:.2f} keys each, p50 {times[len(times) // 2]:.1f} ms  "
        f"p99 {times[int(len(times) * 0.99)]:.1f} ms of the server, {statistics.mean(sizes):.0f} B an answer; "
        f"the first page {first * 1000:.0f} ms, {len(page.content)} B"
    )


def together(people: int) -> None:
    """So many at one queue until it is empty: what each decided, and whether any two met."""
    from django.db import connection

    from comments.states import Status
    from moderation import claims
    from moderation.decisions import Stale, decide
    from moderation.models import Decision
    from moderation.place import Place

    users = [moderator(f"uji-{people}-{number}") for number in range(people)]

    def work(user: User) -> tuple[list[int], int]:
        decided, met = [], 0
        try:
            while (comment := claims.hand_out(Place(), user)) is not None:
                try:
                    decide(comment, Status.APPROVED, kind=Decision.Kind.PERSON, reason="fine", moderator=user, notify=False)
                    decided.append(comment.pk)
                except Stale:
                    met += 1
        finally:
            connection.close()
        return decided, met

    began = time.perf_counter()
    with ThreadPoolExecutor(people) as pool:
        shares = list(pool.map(work, users))
    seconds = time.perf_counter() - began
    decided = [pk for share, _met in shares for pk in share]
    print(
        f"{f'desk, {people} moderators':<34} {len(decided)} decided in {seconds:.1f} s, twice {len(decided) - len(set(decided))}, "
        f"handed to two {sum(met for _share, met in shares)}; shares {sorted(len(share) for share, _met in shares)}"
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    from comments.models import Comment
    from comments.states import Status

    fill(ITEMS + 10)
    one_moderator()
    for people in (2, 5):
        waiting = Comment.objects.filter(status=Status.HELD, claim=None).count()  # two are still the first moderator's
        fill(max(SHARED - waiting, 0))
        together(people)


if __name__ == "__main__":
    main()
