"""wake(): send a Celery message that only saves time. The row in the database is the work; a lost message loses nothing."""

from __future__ import annotations

import base64
import json
import logging
import math
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from celery import Task
from django.conf import settings
from kombu import Connection

log = logging.getLogger(__name__)

# A broker that is away costs each try its time-out; after one failure the sweep alone is left to find the work for a while.
PAUSE_SECONDS = 10.0
# Longer than that no request waits for the broker. kombu's own time-out would be two seconds, which a worker's blocking reads need.
SEND_SECONDS = 0.4
_silent_until = 0.0
_making = threading.Lock()


@lru_cache(maxsize=1)
def _broker() -> redis.Redis:
    url = settings.BROKER_REDIS_URL
    return redis.Redis.from_url(url, socket_timeout=SEND_SECONDS, socket_connect_timeout=SEND_SECONDS, retry=None)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A task's message as Celery and kombu make it, and the queue it goes to."""

    queue: str
    message: dict[str, Any]
    embedded: dict[str, Any]  # what stands in the body after the arguments

    def with_arguments(self, arguments: tuple[int, ...]) -> str:
        """The message for one call, as it is put into Redis."""
        number = str(uuid.uuid4())
        body = json.dumps([arguments, {}, self.embedded]).encode()
        headers = {**self.message["headers"], "id": number, "root_id": number, "parent_id": None, "argsrepr": repr(arguments)}
        properties = {**self.message["properties"], "correlation_id": number, "delivery_tag": str(uuid.uuid4())}
        message = {**self.message, "body": base64.b64encode(body).decode(), "headers": headers, "properties": properties}
        return json.dumps(message)


@lru_cache(maxsize=32)
def envelope_of(task: Task[..., Any], count: int) -> Envelope:
    """That of a task of so many arguments, taken from a message that Celery sends to nobody.

    kombu spends several times longer on making one than it takes to put it into Redis.
    """
    with _making, Connection("memory://") as nobody:
        options: dict[str, Any] = {"connection": nobody, "retry": False}
        task.apply_async((0,) * count, **options)
        queue = task.app.conf.task_default_queue
        channel: Any = nobody.default_channel
        message = channel._get(queue)
    _arguments, _keywords, embedded = json.loads(base64.b64decode(message["body"]))
    return Envelope(queue, message, embedded)


def wake(task: Task[..., Any], *arguments: int) -> bool:
    """Publish the task; False, logged and never raised, where the broker does not take it."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        envelope = envelope_of(task, len(arguments))
        _broker().lpush(envelope.queue, envelope.with_arguments(arguments))
    except Exception as error:  # whatever it is, the comment is kept, and the sweep finds it
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
