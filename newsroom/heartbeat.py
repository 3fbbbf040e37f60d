"""Signs of life of the worker and of beat, kept in Redis by Redis's own clock: two machines may disagree about the time.

Beat leaves its sign when it publishes the heartbeat, a worker when it has carried one out. So the two can be told apart: beat's sign
fresh and the worker's old means a worker that is alive, perhaps, but consumes nothing.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field

import redis
from django.conf import settings
from django.utils.module_loading import import_string

from newsroom.limits import connection

log = logging.getLogger(__name__)

KEY = "balasan:alive:{}"


@dataclass(frozen=True, slots=True)
class Sign:
    """`age`: seconds since the last sign, or, where there is none, since Redis started; `seen`: whether there was one."""

    seen: bool
    age: int
    problems: dict[str, str] = field(default_factory=dict)


def leave_sign(name: str, problems: dict[str, str] | None = None) -> None:
    """Say that `name` is alive. Never raises: a sign that is not left is what the readiness page is there to notice."""
    try:
        seconds, _microseconds = connection().time()
        connection().set(KEY.format(name), json.dumps({"at": seconds, "problems": problems or {}}))
    except redis.RedisError as error:
        log.warning("no sign of life could be left", extra={"part": name, "error": type(error).__name__})


def read_signs(*names: str) -> dict[str, Sign]:
    """The last signs of life. Raises redis.RedisError."""
    with connection().pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.info("server")
        pipe.mget([KEY.format(name) for name in names])
        (now, _microseconds), info, values = pipe.execute()
    signs = {}
    for name, value in zip(names, values, strict=True):
        if value is None:
            signs[name] = Sign(False, int(info["uptime_in_seconds"]))
        else:
            kept = json.loads(value)
            signs[name] = Sign(True, max(0, now - kept["at"]), kept["problems"])
    return signs


def find_problems() -> dict[str, str]:
    """What the functions of settings.WORKER_PROBES find wrong in this worker process: `{what: why}`."""
    problems: dict[str, str] = {}
    for path in settings.WORKER_PROBES:
        problems.update(import_string(path)())
    return problems
