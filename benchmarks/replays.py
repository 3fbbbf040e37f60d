"""`python -m benchmarks.replays [COUNT]`: how long the policy simulator and a second look take, and that both answer as deciding anew does.

In an installation of its own, which is thrown away afterwards: SQLite, no server, no Redis.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile

import django

COUNT = 10_000


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory(prefix="balasan-replays-") as folder:
        for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
            os.environ.pop(name, None)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "newsroom.settings", "DATA_DIR": folder, "SECRET_KEY": secrets.token_hex(32)}
        os.environ |= {"DEBUG": "off", "LOG_LEVEL": "ERROR"}
        django.setup()
        return run(count)


def run(count: int) -> int:
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from newsroom.models import Publication
    from tests.moderation.corpus import fill, same_answers

    call_command("migrate", verbosity=0)
    publication = Publication.objects.create(name="Ukur", slug="ukur")
    boss = User.objects.create_superuser("ukur")
    fill(publication, count)
    answers = same_answers(publication, boss)
    for name, seconds in (
        ("policy simulator", answers.simulator_seconds),
        ("second look", answers.rescan_seconds),
        ("deciding anew", answers.screening_seconds),
    ):
        print(f"{name:<34} {answers.count} comments in {seconds:.1f} s, {answers.count / seconds:.0f}/s", flush=True)
    pairs = {"policy simulator": answers.simulated, "second look": answers.rescanned}
    wrong = {name: sum(found[pk] != answers.anew[pk] for pk in answers.anew) for name, found in pairs.items()}
    for name, number in wrong.items():
        print(
            f"{'  ' + name + ', other than anew':<34} {number} of {answers.count} ({answers.changed} changed by the new rulebook)",
            flush=True,
        )
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
