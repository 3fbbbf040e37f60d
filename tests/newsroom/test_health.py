"""/healthz, /readyz, /metrics: what they say, and that they say it within a second."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.classifiers import model
from moderation.health import broken_checks
from moderation.models import Decision, Finding
from newsroom import health, heartbeat, limits, metrics, tasks
from newsroom.probes import InBackground
from tests.factories import make_comment
from tests.processes import RedisServer, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No answer is carried over from another test, nor a thread's connection into the next."""
    wait_for(lambda: not (health._database.running or metrics._gauges.running))
    health._database.kept = metrics._gauges.kept = None
    for name in ("worker", "beat"):
        heartbeat.leave_sign(name)
    yield
    wait_for(lambda: not (health._database.running or metrics._gauges.running))
    health._database.kept = metrics._gauges.kept = None


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    began = time.monotonic()
    response = client.get("/readyz")
    assert time.monotonic() - began < 10
    return response.status_code, json.loads(response.content)


def test_alive(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, json.loads(response.content)) == (200, {"status": "alive"})
    assert "no-store" in response["Cache-Control"]


class TestReady:
    def test_all_well(self, client: Client) -> None:
        status, body = ready(client)
        assert (status, body["status"], body["failing"]) == (200, "ready", [])
        assert set(body) == {"status", "failing", "database", "pending", "checks", "models", "redis", "worker", "beat"}

    def test_a_model_that_cannot_be_used_is_named_before_the_first_comment(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(model._models, "promotion", model.ModelError("The artefact of 'promotion' is missing."))
        status, body = ready(client)
        assert (status, body["status"], body["failing"]) == (200, "degraded", [])
        assert body["models"] == {"ok": False, "unusable": {"promotion": "The artefact of 'promotion' is missing."}}
        assert broken_checks() == {"model promotion": "The artefact of 'promotion' is missing."}

    def test_an_overdue_comment_turns_it_red_after_five_minutes(self, client: Client) -> None:
        comment = make_comment(status=Status.PENDING)
        Comment.objects.filter(pk=comment.pk).update(screen_due_at=timezone.now() - timedelta(seconds=200))
        assert ready(client)[0] == 200
        Comment.objects.filter(pk=comment.pk).update(screen_due_at=timezone.now() - timedelta(seconds=400))
        health._database.kept = None
        status, body = ready(client)
        assert (status, body["failing"]) == (503, ["pending"])
        assert 395 < body["pending"]["oldest_overdue_seconds"] < 420

    @pytest.mark.parametrize("name", ["worker", "beat"])
    def test_a_worker_or_beat_silent_for_five_minutes(self, client: Client, name: str) -> None:
        then = limits.connection().time()[0] - 301
        limits.connection().set(heartbeat.KEY.format(name), json.dumps({"at": then, "problems": {}}))
        status, body = ready(client)
        assert (status, body["failing"]) == (503, [name])

    def test_a_check_in_error_is_said_and_keeps_it_ready(self, client: Client) -> None:
        comment = make_comment(status=Status.HELD)
        decision = Decision.objects.create(
            comment=comment, revision=1, kind=Decision.Kind.SCREENING, outcome="held", was="pending", reason="check_failed"
        )
        Finding.objects.create(
            comment=comment, decision=decision, revision=1, check_name="links", check_version="1", label=Finding.Label.ERROR
        )
        status, body = ready(client)
        assert (status, body["status"]) == (200, "degraded")
        assert body["checks"] == {"ok": False, "failed_last_hour": {"links": 1}}

    def test_a_check_that_a_worker_cannot_load_is_named(self, client: Client) -> None:
        heartbeat.leave_sign("worker", {"text": "FileNotFoundError"})
        assert ready(client)[1]["worker"]["problems"] == {"text": "FileNotFoundError"}

    def test_a_missing_migration(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "_migrated", lambda: False)
        monkeypatch.setattr(health, "_plan", lambda: ["one", "two"])
        status, body = ready(client)
        assert (status, body["failing"], body["database"]["migrations_missing"]) == (503, ["database"], 2)

    def test_database_away(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away() -> None:
            raise OperationalError("could not connect to server: siti@contoh.id")

        monkeypatch.setattr(health._database, "question", away)
        status, body = ready(client)
        assert (status, body["database"]) == (503, {"ok": False, "error": "OperationalError"})

    def test_database_frozen(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        thaw = threading.Event()
        monkeypatch.setattr(health._database, "question", lambda: list(range(thaw.wait(20) * 0)))
        monkeypatch.setattr(metrics._gauges, "question", lambda: list(range(thaw.wait(20) * 0)))
        try:
            for _ in range(3):
                status, body = ready(client)
                assert (status, body["database"]["ok"]) == (503, False)
            began = time.monotonic()
            assert b"balasan_figures_known 0.0" in client.get("/metrics").content
            assert time.monotonic() - began < 10
            assert sum(thread.name == "probe" for thread in threading.enumerate()) <= 2, "asking again must not pile up threads"
        finally:
            thaw.set()

    def test_redis_frozen_and_gone(self, client: Client, redis_server: RedisServer) -> None:
        assert redis_server.process is not None
        os.kill(redis_server.process.pid, signal.SIGSTOP)
        try:
            status, body = ready(client)
            assert (status, body["failing"]) == (503, ["redis"])
            assert body["database"]["ok"] is True
            began = time.monotonic()
            assert client.get("/metrics").status_code == 200
            assert time.monotonic() - began < 10
        finally:
            os.kill(redis_server.process.pid, signal.SIGCONT)
        assert ready(client)[0] == 200


class TestSigns:
    def test_no_sign_yet_counts_from_redis_s_start(self) -> None:
        limits.connection().delete(heartbeat.KEY.format("beat"))
        sign = heartbeat.read_signs("beat")["beat"]
        assert sign.seen is False
        assert 0 <= limits.connection().info("server")["uptime_in_seconds"] - sign.age <= 2  # two looks at a running clock

    def test_any_task_is_a_sign_but_not_each(self, monkeypatch: pytest.MonkeyPatch) -> None:
        left: list[str] = []
        monkeypatch.setattr(tasks, "leave_sign", lambda name, problems=None: left.append(name))
        monkeypatch.setattr(tasks, "_last_sign", -100.0)
        for _ in range(3):
            tasks.worker_is_alive()
        assert left == ["worker"]

    def test_only_beat_speaks_for_beat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        left: list[str] = []
        monkeypatch.setattr(tasks, "leave_sign", lambda name, problems=None: left.append(name))
        tasks.beat_is_alive()
        assert left == []
        monkeypatch.setattr(tasks, "_in_beat", True)
        tasks.beat_is_alive()
        assert left == ["beat"]


class TestMetrics:
    def test_requests_and_comments_are_counted_and_nothing_personal_is_said(self, client: Client) -> None:
        make_comment(status=Status.HELD, author_name="Siti Rahasia", author_email="siti@contoh.id", body="kata-kata siti")
        client.get("/", HTTP_USER_AGENT="peramban-siti", REMOTE_ADDR="203.0.113.7")
        client.generic("BREW", "/")
        page = client.get("/metrics").content.decode()
        assert 'balasan_requests_total{method="GET",route="front",status="200"}' in page
        assert 'method="other"' in page
        assert 'balasan_comments{status="held"} 1.0' in page
        for word in ("BREW", "Siti", "siti", "203.0.113", "contoh.id"):
            assert word not in page


def test_a_slow_answer_is_given_when_it_comes() -> None:
    def seven() -> int:
        time.sleep(0.3)
        return 7

    slow = InBackground(seven)
    assert slow.ask(0.05)[0] is None
    assert slow.ask(60)[0] == 7
    assert slow.ask(0)[0] == 7, "a fresh answer is given again"
