from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from newsroom import limits
from newsroom.limits import LocalCounters
from newsroom.settings import read_rate_limits
from tests.processes import RedisServer, wait_for

WINDOWS = ((3, 60), (5, 3_600))


def server() -> redis.Redis:
    return limits.connection()


@pytest.fixture
def no_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that refuses connections."""
    away = redis.Redis(unix_socket_path="/nonexistent/redis.sock", socket_timeout=0.3)
    monkeypatch.setattr(limits, "connection", lambda: away)


def test_the_limit_is_exact_and_a_refused_act_is_not_counted() -> None:
    assert [limits.hit("t", "a", WINDOWS) for _ in range(3)] == [0, 0, 0]
    waits = [limits.hit("t", "a", WINDOWS) for _ in range(10)]
    assert all(0 < wait <= 60 for wait in waits)
    counts = sorted(int(server().get(key) or 0) for key in server().scan_iter("limit:*") if b":act:" not in key)
    assert counts == [3, 3]


def test_clients_and_names_are_counted_apart() -> None:
    for _ in range(3):
        limits.hit("t", "a", WINDOWS)
    assert limits.hit("t", "a", WINDOWS) > 0
    assert limits.hit("t", "b", WINDOWS) == 0
    assert limits.hit("u", "a", WINDOWS) == 0


def test_each_window_counts_and_the_longest_wait_is_told() -> None:
    assert [limits.hit("t", "a", ((10, 60), (2, 3_600))) for _ in range(2)] == [0, 0]
    assert 60 < limits.hit("t", "a", ((10, 60), (2, 3_600))) <= 3_600


def test_a_window_ends() -> None:
    window = ((1, 60),)
    assert limits.hit("t", "a", window) == 0
    assert limits.hit("t", "a", window) > 0
    (key,) = [key for key in server().scan_iter("limit:*") if b":act:" not in key]
    assert 0 < server().ttl(key) <= 60
    server().pexpire(key, 1)  # the minute is over
    wait_for(lambda: not server().exists(key))
    assert limits.hit("t", "a", window) == 0


def test_the_same_act_is_counted_once() -> None:
    assert [limits.hit("t", "a", ((1, 60),), act="x") for _ in range(20)] == [0] * 20
    assert limits.hit("t", "a", ((1, 60),), act="y") > 0
    assert limits.hit("t", "a", ((1, 60),), act="x") == 0


def test_an_act_that_was_refused_is_refused_again() -> None:
    limits.hit("t", "a", ((1, 60),), act="x")
    assert [limits.hit("t", "a", ((1, 60),), act="y") > 0 for _ in range(2)] == [True, True]


def test_off() -> None:
    assert [limits.hit("t", "a", ()) for _ in range(100)] == [0] * 100
    assert list(server().scan_iter("limit:*")) == []


def test_twenty_at_once_let_exactly_as_many_through() -> None:
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _number: limits.hit("t", "a", ((7, 60),)), range(20)))
    assert sum(wait == 0 for wait in waits) == 7


def test_the_same_act_twenty_times_at_once_is_one() -> None:
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _number: limits.hit("t", "a", ((1, 60),), act="x"), range(20)))
    assert waits == [0] * 20


def test_every_key_expires_and_none_can_be_read() -> None:
    limits.hit("submit", "198.51.100.7", WINDOWS, act="digest")
    keys = list(server().scan_iter("limit:*"))
    assert len(keys) == 3
    assert all(0 < server().ttl(key) <= 3_600 for key in keys)
    assert not any(b"198.51" in key or b"submit" in key for key in keys)


# --- Redis away -----------------------------------------------------------------------------------------------------------------


def test_away_the_process_counts_by_the_same_rule(no_redis: None, caplog: pytest.LogCaptureFixture) -> None:
    assert [limits.hit("t", "a", WINDOWS) for _ in range(3)] == [0, 0, 0]
    assert 0 < limits.hit("t", "a", WINDOWS) <= 60
    assert limits.hit("t", "b", WINDOWS, act="x") == limits.hit("t", "b", WINDOWS, act="x") == 0
    assert caplog.messages == ["rate limits fall back to this process"]  # once, not once a request


def test_away_twenty_at_once(no_redis: None) -> None:
    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _number: limits.hit("t", "a", ((7, 60),)), range(20)))
    assert sum(wait == 0 for wait in waits) == 7


def test_frozen_costs_one_request_a_third_of_a_second(redis_server: RedisServer) -> None:
    limits.hit("t", "a", WINDOWS)
    assert redis_server.process is not None
    redis_server.process.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert limits.hit("t", "b", WINDOWS) == 0
        first = time.monotonic() - began
        began = time.monotonic()
        for _ in range(100):
            limits.hit("t", "c", ((1_000, 60),))
        rest = time.monotonic() - began
    finally:
        redis_server.process.signal(signal.SIGCONT)
    # Far from the two seconds and more that a client waits by itself, and from thirty if every request waited.
    assert first < 1.5
    assert rest < 10  # left alone, so that not every request waits


def test_back_again_it_is_asked_again(monkeypatch: pytest.MonkeyPatch, no_redis: None) -> None:
    limits.hit("t", "a", ((1, 60),))
    monkeypatch.undo()
    limits._away_until = 0.0
    assert limits.hit("t", "a", ((1, 60),)) == 0
    assert limits.hit("t", "a", ((1, 60),)) > 0


def test_local_windows_end() -> None:
    counters = LocalCounters()
    assert counters.hit(["w", "act-1"], ((1, 10),), 100.0) == 0
    assert counters.hit(["w", "act-2"], ((1, 10),), 105.0) == 6
    assert counters.hit(["w", "act-1"], ((1, 10),), 105.0) == 0
    assert counters.hit(["w", "act-3"], ((1, 10),), 110.0) == 0


def test_local_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_LOCAL_KEYS", 50)
    counters = LocalCounters()
    for number in range(500):
        counters.hit([f"w{number}", f"act{number}"], ((1, 1_000),), float(number))
    assert len(counters.counts) <= 52
    for number in range(500, 510):
        counters.hit([f"w{number}", f"act{number}"], ((1, 1),), 10_000.0)
    assert "w0" not in counters.counts


def test_local_counting_is_safe_between_threads() -> None:
    counters = LocalCounters()
    passed: list[bool] = []

    def many(thread: int) -> None:
        passed.extend(counters.hit(["w", f"{thread}-{number}"], ((100, 60),), 1.0) == 0 for number in range(50))

    threads = [threading.Thread(target=many, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 100


# --- the setting ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "windows"),
    [("3/m,20/h", ((3, 60), (20, 3_600))), (" 1/s ", ((1, 1),)), ("5/d", ((5, 86_400),)), ("off", ()), ("OFF", ())],
)
def test_reading_the_setting(text: str, windows: tuple[tuple[int, int], ...]) -> None:
    assert read_rate_limits(text) == windows


@pytest.mark.parametrize("text", ["", "3", "3/w", "0/m", "-1/m", "3/m,", "three/m", "3/m;20/h"])
def test_a_wrong_setting_is_named(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="COMMENT_RATE_LIMITS"):
        read_rate_limits(text)


def test_off_switches_off_all_that_readers_write() -> None:
    names = ["COMMENT_RATE_LIMITS", "COMMENT_EDIT_LIMITS", "COMMENT_REACTION_LIMITS", "COMMENT_REPORT_LIMITS", "MODERATION_API_LIMITS"]
    code = f"from newsroom import settings; print(*[getattr(settings, name) for name in {names}], sep=';')"
    environment = {**os.environ, "COMMENT_RATE_LIMITS": "off"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"();();();();{settings.MODERATION_API_LIMITS}"
