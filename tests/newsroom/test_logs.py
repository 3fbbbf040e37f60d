"""Logs are JSON, and hold no comment text, e-mail or IP address, whatever a library puts into a message or an error."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any

import pytest

from newsroom.logs import DropPrivate, JsonLines, without_personal_data


def written(message: str, *args: object, **options: Any) -> dict[str, Any]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(DropPrivate())
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        logger.error(message, *args, **options)
    finally:
        logger.removeHandler(handler)
    line: dict[str, Any] = json.loads(stream.getvalue())
    return line


def test_one_object_a_line_with_utc_time() -> None:
    line = written("screened", extra={"comment": "abc", "attempt": 2})
    assert (line["level"], line["logger"], line["message"], line["comment"], line["attempt"]) == (
        "ERROR",
        "tests.logs",
        "screened",
        "abc",
        2,
    )
    assert line["at"].endswith("+00:00")


def test_a_message_of_two_lines_stays_one_line() -> None:
    assert written("two\nlines")["message"] == "two\nlines"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("mail to siti.aminah+koran@kabar.co.id refused", "mail to [e-mail] refused"),
        ("<siti@kabar.id>", "<[e-mail]>"),
        ("from 203.0.113.9 to 198.51.100.1", "from [ip] to [ip]"),
        ("from 2001:db8::7:1", "from [ip]"),
        ("2001:0db8:0000:0000:0000:0000:0000:0001", "[ip]"),
        ("listening on 127.0.0.1:8000", "listening on 127.0.0.1:8000"),
        ("at 12:30:05 version 1.2.3", "at 12:30:05 version 1.2.3"),
    ],
)
def test_addresses_are_replaced(text: str, kept: str) -> None:
    assert without_personal_data(text) == kept


def test_arguments_are_cleaned_as_well() -> None:
    assert written("refused %s", "siti@kabar.id")["message"] == "refused [e-mail]"


def test_an_error_keeps_its_frames_and_loses_its_words() -> None:
    try:
        raise ValueError("Failing row contains (17, Komentar rahasia siti, siti@kabar.id)")
    except ValueError:
        line = written("task failed", exc_info=sys.exc_info())
    assert "ValueError" in line["exc_info"]
    assert "test_logs.py" in line["exc_info"]
    assert "rahasia" not in json.dumps(line)
    assert "siti" not in json.dumps(line)


def test_a_request_in_the_record_is_dropped() -> None:
    assert "request" not in written("Not Found", extra={"request": "GET /?nama=Siti"})


def test_an_error_as_an_argument_loses_its_words() -> None:
    line = written("failed: %s", ValueError("Komentar rahasia"))
    assert "rahasia" not in json.dumps(line)
    assert "ValueError" in line["message"]


def test_extras_are_cleaned() -> None:
    assert "siti" not in json.dumps(written("x", extra={"who": "siti@kabar.id", "nested": {"at": ["203.0.113.9"]}}))
    assert "203.0.113.9" not in json.dumps(written("x", extra={"nested": {"at": ["203.0.113.9"]}}))
