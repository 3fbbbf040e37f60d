"""`python -m benchmarks.replays [COUNT] [SAMPLE] [CHANGE…]`: how long simulator and rescan take; whether both answer as deciding anew.

COUNT comments (10,000) are decided; each of five changes, or those that are named, is simulated three times over, the last one once more
with the process's core shared with a loop. Then each is put into force, looked again for, and SAMPLE comments (200) are decided anew by
the whole way of a new comment; all 10,000 take three minutes a change on a core of their own. In an installation of its own, thrown away
afterwards: SQLite, or with `TEST_DATABASE=postgres` PostgreSQL; no server, no Redis.
"""

from __future__ import annotations

import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from tests.moderation.corpus import Simulated

COUNT = 10_000
SAMPLE = 200
TIMES = 3


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    sample = int(sys.argv[2]) if len(sys.argv) > 2 else SAMPLE
    import tests.environment

    django.setup()
    logging.disable(logging.WARNING)
    print(f"{'replays of old comments':<34} {tests.environment.DATABASE}, load average {os.getloadavg()[0]:.1f}", flush=True)
    return run(count, min(sample, count), sys.argv[3:])


def run(count: int, sample: int, named: list[str]) -> int:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from newsroom.models import Publication
    from tests.moderation import corpus

    call_command("migrate", verbosity=0)
    publication = Publication.objects.create(name="Ukur", slug="ukur")
    boss = User.objects.create_superuser("ukur")
    began = time.perf_counter()
    corpus.fill(publication, count)
    before = corpus.screen_in_bulk()
    print(f"{'  filling':<34} {count} comments in {time.perf_counter() - began:.1f} s", flush=True)
    chosen = sorted(before)[:: max(count // sample, 1)][:sample]
    drafts = {name: draft for name, draft in corpus.drafts_of(publication).items() if not named or name in named}
    simulated: dict[str, Simulated] = {}
    last = next(reversed(drafts.values()))
    for name, draft in drafts.items():
        rounds = [corpus.simulate(publication, boss, draft) for _round in range(TIMES)]
        simulated[name] = rounds[-1]
        changed = sum(before[pk] != answer for pk, answer in rounds[-1].answers.items())
        say(f"simulator, change of: {name}", count, rounds, f"{changed} changed")
    with half_a_core():
        rounds = [corpus.simulate(publication, boss, last) for _round in range(TIMES)]
    say("simulator, core shared with a loop", count, rounds)
    wrong = 0
    for name, draft in drafts.items():
        began = time.perf_counter()
        answers, again = corpus.anew(draft, simulated[name], boss, chosen)
        seconds = time.perf_counter() - began - (again.seconds if again else 0.0)
        others = {"simulator": sum(simulated[name].answers[pk] != answer for pk, answer in answers.items())}
        if again is not None:
            others["rescan"] = sum(again.answers[pk] != answer for pk, answer in answers.items())
            say(f"rescan after: {name}", count, [again])
        wrong += sum(others.values())
        words = ", ".join(f"{way} {number} other" for way, number in others.items())
        print(f"{'  against deciding anew: ' + name:<34} {len(answers)} comments: {words} ({seconds:.0f} s)", flush=True)
    return 1 if wrong else 0


def say(what: str, count: int, rounds: list[Simulated], more: str = "") -> None:
    seconds, cpu = ([getattr(one, name) for one in rounds] for name in ("seconds", "cpu"))
    spread = f", the middle of {len(seconds)} (most {max(seconds):.1f} s)" if len(seconds) > 1 else ""
    load = f"CPU {statistics.median(cpu):.1f} s, load average {os.getloadavg()[0]:.1f}"
    print(f"{'  ' + what:<34} {count} comments in {statistics.median(seconds):.1f} s{spread}; {load}" + (more and f"; {more}"), flush=True)


@contextmanager
def half_a_core() -> Iterator[None]:
    """This process on one core, with another that never rests."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})  # what is started is bound with it
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        busy.kill()
        busy.wait()
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    sys.exit(main())
