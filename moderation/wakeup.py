"""wake(): send a Celery message that only saves time. The row in the database is the work; a lost message loses nothing."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import redis
from celery import Task
from django.conf import settings

log = logging.getLogger(__name__)

# A broker that is away costs each try its time-out; after one failure the sweep alone is left to find the work for a while.
PAUSE_SECONDS = 10.0
# kombu waits its whole `socket_timeout` of two seconds, which a worker's blocking reads need, before a frozen Redis is given up. So it is
# asked first, by a client that waits less.
PING_SECONDS = 0.4
_silent_until = 0.0
# So long after an answer it is not asked again. One that freezes in that time costs one request kombu's two seconds.
TRUST_SECONDS = 0.2
_answered_at = 0.0


@lru_cache(maxsize=1)
def _broker() -> redis.Redis:
    url = settings.BROKER_REDIS_URL
    return redis.Redis.from_url(url, socket_timeout=PING_SECONDS, socket_connect_timeout=PING_SECONDS, retry=None)


def wake(task: Task[..., Any], *arguments: int) -> bool:
    """Publish the task; False, logged and never raised, where the broker does not take it."""
    global _silent_until, _answered_at
    if time.monotonic() < _silent_until:
        return False
    try:
        if time.monotonic() > _answered_at + TRUST_SECONDS:
            _broker().ping()
            _answered_at = time.monotonic()
        task.apply_async(arguments, retry=False)
    except Exception as error:  # kombu lets errors of redis, of the socket and its own through
        _silent_until = time.monotonic() + PAUSE_SECONDS
        log.warning("broker away, left to the sweep", extra={"task": task.name, "error": type(error).__name__})
        return False
    return True


@contextmanager
def nobody_woken() -> Iterator[None]:
    """Send no message in the block: for work that is done on the spot, such as the demo's comments."""
    global _silent_until
    before, _silent_until = _silent_until, math.inf
    try:
        yield
    finally:
        _silent_until = before
