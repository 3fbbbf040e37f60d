"""Warming up: the functions of settings are called, in the background, and none of them can stop the start."""

from __future__ import annotations

import logging

import pytest
from django.conf import settings
from django.test import override_settings

from newsroom import warmup

called: list[str] = []


def good() -> None:
    called.append("good")


def bad() -> None:
    raise RuntimeError("a comment that is nobody's business")


@override_settings(WARMUPS=[f"{__name__}.bad", f"{__name__}.missing", f"{__name__}.good"])
def test_each_is_called_whatever_the_others_do(caplog: pytest.LogCaptureFixture) -> None:
    called.clear()
    with caplog.at_level(logging.WARNING, logger="newsroom.warmup"):
        thread = warmup.begin()
        thread.join(30)
    assert not thread.is_alive()
    assert thread.daemon
    assert called == ["good"]
    assert [record.__dict__["error"] for record in caplog.records] == ["RuntimeError", "ImportError"]
    assert "nobody" not in caplog.text


def test_the_text_models_are_among_them() -> None:
    assert settings.WARMUPS == ["moderation.scoring.warm"]
