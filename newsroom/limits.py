"""Rate limits: atomic on Redis (one script), kept in this process while Redis is away. A limit never turns an outage into an error."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Sequence
from functools import lru_cache

import redis
from django.conf import settings
from django.utils.crypto import salted_hmac

log = logging.getLogger(__name__)

Windows = Sequence[tuple[int, int]]  # (how many, in so many seconds)

# KEYS: one counter for each window, then the marker of this very act. ARGV: count and seconds of each window.
# All counters are looked at before any is raised, so that a refused act does not push the end of the wait further away.
SCRIPT = """
local windows = #KEYS - 1
if redis.call('EXISTS', KEYS[#KEYS]) == 1 then return 0 end
local wait = 0
for i = 1, windows do
  if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 * i - 1]) then
    wait = math.max(wait, redis.call('TTL', KEYS[i]), 1)
  end
end
if wait > 0 then return wait end
for i = 1, windows do
  if redis.call('INCR', KEYS[i]) == 1 then redis.call('EXPIRE', KEYS[i], ARGV[2 * i]) end
end
redis.call('SET', KEYS[#KEYS], '1', 'EX', ARGV[2])
return 0
"""
REDIS_SECONDS = 0.3  # how long one question to Redis may take
RETRY_SECONDS = 5.0  # after a failure Redis is left alone for so long
MOST_LOCAL_KEYS = 20_000


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=None, max_connections=64
    )


class LocalCounters:
    """The same rule in this process's memory, for the time that Redis is away. Bounded; forgets the oldest windows first."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: dict[str, tuple[float, int]] = {}  # key -> (end of the window on the monotonic clock, count)

    def hit(self, keys: Sequence[str], windows: Windows, now: float) -> int:
        with self.lock:
            if len(self.counts) > MOST_LOCAL_KEYS:
                self.counts = {key: kept for key, kept in self.counts.items() if kept[0] > now}
                # A tenth more than must go, so that a flood does not sort all of them at each request.
                surplus = len(self.counts) - MOST_LOCAL_KEYS * 9 // 10
                for key in sorted(self.counts, key=lambda key: self.counts[key][0])[: max(0, surplus)]:
                    del self.counts[key]
            marker = keys[-1]
            if self.counts.get(marker, (0.0, 0))[0] > now:
                return 0
            wait = 0
            for key, (most, _seconds) in zip(keys, windows, strict=False):
                end, count = self.counts.get(key, (0.0, 0))
                if end > now and count >= most:
                    wait = max(wait, int(end - now) + 1)
            if wait:
                return wait
            for key, (_most, seconds) in zip(keys, windows, strict=False):
                end, count = self.counts.get(key, (0.0, 0))
                self.counts[key] = (end, count + 1) if end > now else (now + seconds, 1)
            self.counts[marker] = (now + windows[0][1], 1)
            return 0

    def take_back(self, keys: Sequence[str]) -> None:
        with self.lock:
            for key in keys:
                end, count = self.counts.get(key, (0.0, 0))
                if count:
                    self.counts[key] = (end, count - 1)


_local = LocalCounters()
_away_until = 0.0


def hit(name: str, client: str, windows: Windows, act: str = "") -> int:
    """Count one act of a client; 0 where it is within all windows, else the seconds to wait (the act is then not counted).

    `act` names the act itself (a digest of a submission): the same one again, a double click or a retry, is not counted twice.
    """
    global _away_until
    if not windows:
        return 0
    # Keys are hashed: neither an address nor a name stands in Redis.
    who = salted_hmac("newsroom.limits", f"{name}:{client}", algorithm="sha256").hexdigest()[:24]
    keys = [f"limit:{{{who}}}:{seconds}" for _most, seconds in windows]
    keys.append(f"limit:{{{who}}}:act:{act or secrets.token_hex(8)}")
    now = time.monotonic()
    if now >= _away_until:
        arguments = [str(number) for window in windows for number in window]
        try:
            return int(connection().eval(SCRIPT, len(keys), *keys, *arguments))
        except redis.RedisError as error:
            _away_until = time.monotonic() + RETRY_SECONDS
            log.warning("rate limits fall back to this process", extra={"error": type(error).__name__})
    return _local.hit(keys, windows, now)


# KEYS: the counters of the windows. A counter that has run out meanwhile is not begun anew.
TAKE_BACK = """
for i = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or '0') > 0 then redis.call('DECR', KEYS[i]) end
end
return 0
"""


def take_back(name: str, client: str, windows: Windows) -> None:
    """Uncount one act that `hit` has counted: where only failures count, an act is counted before it is known how it ends."""
    global _away_until
    who = salted_hmac("newsroom.limits", f"{name}:{client}", algorithm="sha256").hexdigest()[:24]
    keys = [f"limit:{{{who}}}:{seconds}" for _most, seconds in windows]
    if time.monotonic() >= _away_until:
        try:
            connection().eval(TAKE_BACK, len(keys), *keys)
        except redis.RedisError as error:
            _away_until = time.monotonic() + RETRY_SECONDS
            log.warning("rate limits fall back to this process", extra={"error": type(error).__name__})
    _local.take_back(keys)
