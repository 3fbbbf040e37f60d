"""`make test`: the whole suite on SQLite, and all of it that touches a database on PostgreSQL, at the same time.

Then the coverage of the run on SQLite, and last, by name, what was skipped. Arguments go to pytest. Coverage is held to its mark only when
the whole suite ran.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build"
LEAST_COVERED = 95  # percent of comments/ and moderation/, branches included
OUTSIDE = ("tests/faults", "tests/browser")  # drive other processes: much waiting, and nothing for coverage to see


@dataclass(frozen=True)
class Run:
    """One pytest of its own. The first is shown as it goes, the others afterwards."""

    name: str
    database: str
    arguments: tuple[str, ...] = ()
    covered: bool = True

    @property
    def report(self) -> Path:
        return REPORTS / f"tests-{self.name}.xml"

    @property
    def log(self) -> Path:
        return REPORTS / f"tests-{self.name}.log"

    def start(self, arguments: tuple[str, ...], output: int | None) -> subprocess.Popen[bytes]:
        self.report.unlink(missing_ok=True)
        words = [sys.executable, "-m", *(("coverage", "run", "-m") if self.covered else ()), "pytest", f"--junit-xml={self.report}"]
        environment = {**os.environ, "TEST_DATABASE": self.database}
        return subprocess.Popen([*words, *arguments], cwd=ROOT, env=environment, stdout=output, stderr=output)

    def cases(self) -> list[ET.Element]:
        try:
            return list(ET.parse(self.report).iter("testcase"))
        except (OSError, ET.ParseError):
            return []

    def closing_line(self, code: int) -> str:
        found = self.cases()
        failed = sum(case.find("failure") is not None or case.find("error") is not None for case in found)
        skipped = sum(case.find("skipped") is not None for case in found)
        verdict = "passed" if code == 0 else f"FAILED (pytest's exit code {code})"
        return f"{self.name}: {verdict}; {len(found)} tests, {failed} failed, {skipped} skipped"

    def skipped(self) -> list[str]:
        lines = []
        for case in self.cases():
            if (skip := case.find("skipped")) is not None:
                lines.append(f"[{self.name}] {case.get('classname')}::{case.get('name')}: {skip.get('message')}")
        return lines


# At the same time: half of it is waiting, for workers that were killed and for leases that end.
WHOLE = (
    Run("sqlite", "sqlite", tuple(f"--ignore={folder}" for folder in OUTSIDE)),
    Run("sqlite-outside", "sqlite", OUTSIDE, covered=False),
    Run("postgres", "postgres", covered=False),
)
PARTS = (Run("sqlite", "sqlite"), Run("postgres", "postgres"))


def coverage(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, check=False).returncode


def main() -> int:
    given = tuple(sys.argv[1:])
    runs = PARTS if given else WHOLE
    REPORTS.mkdir(exist_ok=True)
    coverage("erase")
    began = time.monotonic()
    print(f"\n=== {runs[0].name}; at the same time, shown afterwards: {', '.join(run.name for run in runs[1:])} ===", flush=True)
    with ExitStack() as files:
        started = []
        for number, run in enumerate(runs):
            output = files.enter_context(run.log.open("wb")).fileno() if number else None
            started.append(run.start((*run.arguments, *given), output))
        codes = [process.wait() for process in started]
    for run in runs[1:]:
        print(f"\n=== {run.name} ===\n{run.log.read_text(errors='replace')}", flush=True)
    coverage("combine", "--quiet")
    uncovered = coverage("report", "--include=comments/*,moderation/*", *(() if given else (f"--fail-under={LEAST_COVERED}",)))

    print("\n=== In short ===")
    for run, code in zip(runs, codes, strict=True):
        print(run.closing_line(code))
    if uncovered:
        print(f"coverage of comments/ and moderation/ is below {LEAST_COVERED} %")
    skipped = sorted({line for run in runs for line in run.skipped()})
    print("\n".join(["skipped:", *(f"  {line}" for line in skipped)]) if skipped else "skipped: nothing")
    failed = any(codes) or uncovered != 0
    print(f"{'FAILED' if failed else 'passed'} in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
