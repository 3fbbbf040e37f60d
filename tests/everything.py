"""`make test`: the whole suite on SQLite, and all of it that touches a database on PostgreSQL, at the same time.

Then the coverage of both together, and last, by name, what was skipped. Arguments go to pytest. Coverage is held to its mark only when
the whole suite ran.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build"
DATABASES = ("sqlite", "postgres")
LEAST_COVERED = 95  # percent of comments/ and moderation/, branches included


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", *words]


def run(*words: str) -> int:
    return subprocess.run(command(*words), cwd=ROOT, check=False).returncode


def start(database: str, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    """One run of the suite, its output shown or kept for later."""
    report = REPORTS / f"tests-{database}.xml"
    report.unlink(missing_ok=True)
    words = command("coverage", "run", "-m", "pytest", f"--junit-xml={report}", *sys.argv[1:])
    return subprocess.Popen(words, cwd=ROOT, env={**os.environ, "TEST_DATABASE": database}, stdout=output, stderr=output)


def main() -> int:
    REPORTS.mkdir(exist_ok=True)
    run("coverage", "erase")
    began, codes = time.monotonic(), {}
    # Both at once: half of a run is waiting, for workers that were killed and for leases that end.
    shown, kept = DATABASES
    log = REPORTS / f"tests-{kept}.log"
    print(f"\n=== The suite on {shown}; on {kept} at the same time, shown afterwards ===", flush=True)
    with log.open("wb") as output:
        runs = {shown: start(shown, None), kept: start(kept, output)}
        codes = {database: process.wait() for database, process in runs.items()}
    print(f"\n=== The suite on {kept} ===\n{log.read_text(errors='replace')}", flush=True)
    run("coverage", "combine", "--quiet")
    mark = [] if sys.argv[1:] else [f"--fail-under={LEAST_COVERED}"]
    covered = run("coverage", "report", "--include=comments/*,moderation/*", *mark)

    print("\n=== In short ===")
    for database in DATABASES:
        print(closing_line(database, codes[database]))
    if covered:
        print(f"coverage of comments/ and moderation/ is below {LEAST_COVERED} %")
    skipped = sorted({line for database in DATABASES for line in skipped_tests(database)})
    print("\n".join(["skipped:", *(f"  {line}" for line in skipped)]) if skipped else "skipped: nothing")
    failed = any(codes.values()) or covered != 0
    print(f"{'FAILED' if failed else 'passed'} in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def cases(database: str) -> list[ET.Element]:
    try:
        return list(ET.parse(REPORTS / f"tests-{database}.xml").iter("testcase"))
    except (OSError, ET.ParseError):
        return []


def closing_line(database: str, code: int) -> str:
    found = cases(database)
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in found)
    skipped = sum(case.find("skipped") is not None for case in found)
    verdict = "passed" if code == 0 else f"FAILED (pytest's exit code {code})"
    return f"{database}: {verdict}; {len(found)} tests, {failed} failed, {skipped} skipped"


def skipped_tests(database: str) -> list[str]:
    lines = []
    for case in cases(database):
        if (skip := case.find("skipped")) is not None:
            lines.append(f"[{database}] {case.get('classname')}::{case.get('name')}: {skip.get('message')}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
