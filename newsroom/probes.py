"""How /readyz and /metrics ask the database without waiting for one that is frozen or gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import connection

T = TypeVar("T")
FRESH_SECONDS = 1.0  # so old an answer may be given again: a watcher that asks too often does not become load


@dataclass(frozen=True, slots=True)
class Probe:
    """What one function of settings.READINESS_PROBES answers. `required`: whether the site is not ready while `ok` is False."""

    name: str
    ok: bool
    required: bool = True
    detail: dict[str, Any] = field(default_factory=dict)


class InBackground(Generic[T]):
    """A question to the database, asked in a thread of its own, one at a time, and waited for so long and no longer.

    A frozen PostgreSQL holds a query until the network gives up, which is minutes; a request must not be held with it.
    """

    def __init__(self, question: Callable[[], T]) -> None:
        self.question = question
        self.turn = threading.Condition()
        self.running = False
        self.kept: tuple[float, T | Exception] | None = None  # (when it was given, on the monotonic clock; the answer)

    def ask(self, seconds: float) -> tuple[T | Exception | None, float]:
        """The answer, or the exception it ended with, and its age in seconds; where it takes too long, the last one, or None."""
        with self.turn:
            if self.kept is not None and time.monotonic() - self.kept[0] < FRESH_SECONDS:
                return self.kept[1], time.monotonic() - self.kept[0]
            asked = time.monotonic()
            if not self.running:
                self.running = True
                threading.Thread(target=self._run, name="probe", daemon=True).start()
            self.turn.wait_for(lambda: self.kept is not None and self.kept[0] >= asked, timeout=seconds)
            if self.kept is None:
                return None, 0.0
            return self.kept[1], time.monotonic() - self.kept[0]

    def _run(self) -> None:
        answer: T | Exception
        try:
            answer = self.question()
        except Exception as error:  # the caller reports it
            answer = error
        finally:
            # A connection of this thread alone, and the thread ends.
            connection.close()
        with self.turn:
            self.kept = (time.monotonic(), answer)
            self.running = False
            self.turn.notify_all()
