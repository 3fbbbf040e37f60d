"""A check that harms the process that runs it, on request. Switched on by tests.faults.settings only."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from moderation.checks.base import Finding, Label, Submission

VERSION = "1"
NAME = "tests.faults.hazard"


def check(submission: Submission) -> Finding:
    text = submission.text
    if "TUNGGU" in text:
        mark("began")
        while not marked("go"):
            time.sleep(0.01)
    if "BUNUH" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "SEKALI" in text and not marked("once"):
        mark("once")
        os.kill(os.getpid(), signal.SIGKILL)
    if "MACET" in text:
        # Deaf to the alarm of the check's own time limit, as a loop inside a C extension is.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        while True:
            time.sleep(0.1)
    if "MELEDAK" in text:
        raise RuntimeError(text)
    return Finding(NAME, Label.CLEAN, VERSION)


def folder() -> Path:
    return Path(os.environ["HAZARD_DIR"])


def mark(name: str) -> None:
    (folder() / name).touch()


def marked(name: str) -> bool:
    return (folder() / name).exists()
