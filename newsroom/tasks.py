"""The heartbeat: beat sends it every 15 seconds, a worker carries it out, and both leave a sign of life (newsroom.heartbeat)."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import shared_task
from celery.signals import beat_embedded_init, beat_init, before_task_publish, task_postrun, worker_ready

from newsroom.heartbeat import find_problems, leave_sign

log = logging.getLogger(__name__)

SIGN_SECONDS = 5.0  # a busy worker leaves its sign no more often
_in_beat = False
_last_sign = 0.0


@shared_task(name="newsroom.heartbeat")
def heartbeat() -> None:
    """Something to carry out for a worker that has nothing else to do; the sign is left after any task."""


@task_postrun.connect
def worker_is_alive(**_kwargs: Any) -> None:
    # After any task: behind a backlog of thousands the heartbeat itself would come too late to say that the worker works.
    global _last_sign
    if time.monotonic() - _last_sign >= SIGN_SECONDS:
        _last_sign = time.monotonic()
        leave_sign("worker", find_problems())


@beat_init.connect
@beat_embedded_init.connect
def remember_being_beat(**_kwargs: Any) -> None:
    global _in_beat
    _in_beat = True


@before_task_publish.connect(sender=heartbeat.name)
def beat_is_alive(**_kwargs: Any) -> None:
    if _in_beat:
        leave_sign("beat")


@worker_ready.connect
def report_at_start(**_kwargs: Any) -> None:
    """The first heartbeat does not wait for beat's first round."""
    try:
        heartbeat.apply_async(retry=False)
    except Exception as error:  # whatever kombu lets through while the broker is away; beat's next one does
        log.warning("first heartbeat not sent", extra={"error": type(error).__name__})
