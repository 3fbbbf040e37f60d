"""The wake-up call: word for word the message that Celery itself would have sent, but for its numbers."""

from __future__ import annotations

import base64
import json
from typing import Any

import redis
from django.conf import settings
from kombu import Connection

from moderation.screening import screen_comment, screen_stragglers
from moderation.wakeup import envelope_of, wake
from tests.processes import RedisServer

NUMBERS = {"id", "root_id", "correlation_id", "delivery_tag", "reply_to"}


def without_numbers(message: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in message.items() if name not in NUMBERS}
    return {name: without_numbers(value) if isinstance(value, dict) else value for name, value in plain.items()}


def test_the_message_is_celery_s_own(redis_server: RedisServer) -> None:
    queue = redis.Redis.from_url(settings.BROKER_REDIS_URL)
    queue.delete("celery")
    assert wake(screen_comment, 17, 2, 1)
    assert wake(screen_comment, 18, 1, 0)
    second, first = (json.loads(raw) for raw in queue.lrange("celery", 0, -1))
    queue.delete("celery")
    with Connection("memory://") as nobody:
        options: dict[str, Any] = {"connection": nobody, "retry": False}
        screen_comment.apply_async((17, 2, 1), **options)
        channel: Any = nobody.default_channel
        expected = channel._get("celery")
    assert without_numbers(first) | {"body": ""} == without_numbers(expected) | {"body": ""}
    assert json.loads(base64.b64decode(first["body"])) == json.loads(base64.b64decode(expected["body"]))
    assert json.loads(base64.b64decode(second["body"]))[0] == [18, 1, 0]
    assert first["headers"]["id"] == first["headers"]["root_id"] == first["properties"]["correlation_id"]
    assert len({each[part][name] for each in (first, second) for part, name in (("headers", "id"), ("properties", "delivery_tag"))}) == 4


def test_each_task_has_an_envelope_of_its_own() -> None:
    assert envelope_of(screen_comment, 2).message["headers"]["timelimit"] == [settings.SCREEN_TASK_SECONDS, None]
    assert envelope_of(screen_stragglers, 0).message["headers"]["task"] == "moderation.screen_stragglers"
