"""alive, ready, metrics: for a load balancer, a watcher at night and Prometheus. Each answers within a second, whatever is away."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST

from newsroom import limits
from newsroom.heartbeat import Sign, read_signs
from newsroom.metrics import render
from newsroom.probes import InBackground, Probe


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """This process takes requests. Asks nothing else: a restart would not bring a database back."""
    return JsonResponse({"status": "alive"})


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """200 where comments can be taken and are being looked at, else 503. `degraded`: ready, but comments are held that need not be."""
    database = ask_database()
    probes = [*database, *ask_redis()]
    failing = [probe.name for probe in probes if probe.required and not probe.ok]
    degraded = any(not probe.ok for probe in probes)
    body: dict[str, Any] = {"status": "not ready" if failing else "degraded" if degraded else "ready", "failing": failing}
    body |= {probe.name: {"ok": probe.ok, **probe.detail} for probe in probes}
    return JsonResponse(body, status=503 if failing else 200)


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text; what stands in it is described in docs/deploy.md."""
    return HttpResponse(render(), content_type=CONTENT_TYPE_LATEST)


# --- The database, in a thread --------------------------------------------------------------------------------------------


def ask_database() -> list[Probe]:
    answer, age = _database.ask(settings.READY_SECONDS)
    if answer is None or age > 2 * settings.READY_SECONDS + 1:
        return [Probe("database", False, detail={"error": f"no answer within {settings.READY_SECONDS:g} s"})]
    if isinstance(answer, Exception):
        # The words of a database error can hold a row or an address; its class cannot.
        return [Probe("database", False, detail={"error": type(answer).__name__})]
    return answer


def question_database() -> list[Probe]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    missing = missing_migrations()
    probes = [Probe("database", not missing, detail={"vendor": connection.vendor, "migrations_missing": missing})]
    return probes if missing else [*probes, *(import_string(path)() for path in settings.READINESS_PROBES)]


def missing_migrations() -> int:
    """How many migrations of this code are not applied. Once none is, it stays so for as long as the process lives."""
    return 0 if _migrated() else len(_plan())


@lru_cache(maxsize=1)
def _migrated_once() -> bool:
    if _plan():
        raise LookupError  # not kept by the cache
    return True


def _migrated() -> bool:
    try:
        return _migrated_once()
    except LookupError:
        return False


def _plan() -> list[Any]:
    executor = MigrationExecutor(connections["default"])
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


_database = InBackground(question_database)


# --- Redis, with its own short time-outs -----------------------------------------------------------------------------------


def ask_redis() -> list[Probe]:
    """Redis itself, the broker where it is another one, and the signs of life that worker and beat leave there."""
    try:
        signs = read_signs("worker", "beat")
    except redis.RedisError as error:
        return [Probe("redis", False, detail={"error": type(error).__name__})]
    return [Probe("redis", True), *ask_broker(), *(sign_of_life(name, sign) for name, sign in signs.items())]


def ask_broker() -> list[Probe]:
    address: str = settings.BROKER_REDIS_URL
    if address == settings.REDIS_URL:
        return []
    try:
        broker(address).ping()
    except redis.RedisError as error:
        return [Probe("broker", False, detail={"error": type(error).__name__})]
    return [Probe("broker", True)]


@lru_cache(maxsize=1)
def broker(address: str) -> redis.Redis:
    return redis.Redis.from_url(address, socket_timeout=limits.REDIS_SECONDS, socket_connect_timeout=limits.REDIS_SECONDS, retry=None)


def sign_of_life(name: str, sign: Sign) -> Probe:
    detail: dict[str, Any] = {"seen": sign.seen, "seconds_since": sign.age}
    if sign.problems:
        detail["problems"] = sign.problems
    return Probe(name, sign.age < settings.OVERDUE_SECONDS, detail=detail)
