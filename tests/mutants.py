"""`make mutants`: shows that the tests can fail. Each line below breaks one guarantee in a copy of the source; its tests must turn red.

Slow (about a minute a line, most of it real processes), so it is not a part of `make check`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", "var", "build", "__pycache__", ".*_cache", ".hypothesis")


@dataclass(frozen=True)
class Mutant:
    what: str
    file: str
    old: str
    new: str
    tests: str
    keyword: str


MUTANTS = (
    Mutant(
        "the sweep finds nothing",
        "comments/models.py",
        "return self.filter(status=Status.PENDING, screen_due_at__lte=Now())",
        "return self.none().filter(status=Status.PENDING, screen_due_at__lte=Now())",
        "tests/faults/test_redis.py",
        "messages_lost",
    ),
    Mutant(
        "the decision does not compare the status and revision that were read",
        "comments/models.py",
        "rows = Comment.objects.filter(pk=self.pk, status=old, revision=self.revision)",
        "rows = Comment.objects.filter(pk=self.pk)",
        "tests/faults/test_races.py",
        "moderator_decides_while or withdrawn_while or edit_while",
    ),
    Mutant(
        "an attempt is not counted before it runs",
        "moderation/screening.py",
        'if row.update(screen_attempts=F("screen_attempts") + 1, screen_due_at=_from_now(lease)) != 1:',
        "if row.update(screen_due_at=_from_now(lease)) != 1:",
        "tests/faults/test_workers.py",
        "kills_its_worker",
    ),
    Mutant(
        "an error of a check counts as clean",
        "moderation/policy.py",
        "if Label.ERROR in labels.values() or not set(required) <= labels.keys():",
        "if not set(required) <= labels.keys():",
        "tests/moderation",
        "policy",
    ),
    Mutant(
        "the same content makes a second row",
        "comments/submission.py",
        "        content_key=content,\n    )",
        "        content_key=None,\n    )",
        "tests/faults/test_races.py",
        "twenty_times_at_once and not key",
    ),
    Mutant(
        "a frozen broker is waited for",
        "moderation/wakeup.py",
        "socket_timeout=SEND_SECONDS, socket_connect_timeout=SEND_SECONDS",
        "socket_timeout=60",
        "tests/faults/test_redis.py",
        "frozen_at_submit_with_rate_limits",
    ),
    Mutant(
        "the e-mail address stands in the thread's page",
        "comments/templates/comments/comment.html",
        "</article>",
        "{{ entry.comment.author_email }}{{ comment.author_email }}</article>",
        "tests/flows/test_promise.py",
        "",
    ),
)


def turns_red(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory(prefix="balasan-mutant-") as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        path = copy / mutant.file
        source = path.read_text()
        if mutant.old not in source:
            sys.exit(f"{mutant.file} no longer holds what should be broken for: {mutant.what}")
        path.write_text(source.replace(mutant.old, mutant.new, 1))
        command = [sys.executable, "-m", "pytest", "-q", "-x", mutant.tests, *(["-k", mutant.keyword] if mutant.keyword else [])]
        done = subprocess.run(command, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False)
        if done.returncode not in {0, 1}:
            sys.exit(f"pytest could not run the tests for: {mutant.what}\n{done.stdout[-2000:]}")
        return done.returncode == 1


def main() -> int:
    green = []
    for mutant in MUTANTS:
        red = turns_red(mutant)
        print(f"{'red, as it must be' if red else 'STILL GREEN'}: {mutant.what}", flush=True)
        if not red:
            green.append(mutant.what)
    return 1 if green else 0


if __name__ == "__main__":
    sys.exit(main())
