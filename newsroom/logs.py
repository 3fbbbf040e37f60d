"""Structured logs: one JSON object a line, times in UTC, and no comment text, e-mail address or IP address in any of them."""

from __future__ import annotations

import logging
import re
from typing import Any

from pythonjsonlogger.json import JsonFormatter

EMAIL = re.compile(r"[^\s@<>\"'=,;:]{1,64}@[^\s@<>\"',;:]{1,253}")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
# At least two groups and either "::" or eight groups, so that times (12:30:05) are left alone.
IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){7}|(?:[0-9a-fA-F]{1,4}:)*[0-9a-fA-F]{0,4}::[0-9a-fA-F:]*)(?![\w:])")
LOOPBACK = {"127.0.0.1", "0.0.0.0", "::1", "::"}  # noqa: S104  (our own listening addresses, nobody's)


def without_personal_data(text: str) -> str:
    """The text with e-mail and IP addresses replaced by what they were."""
    text = EMAIL.sub("[e-mail]", text)
    for pattern in (IPV4, IPV6):
        text = pattern.sub(lambda match: match[0] if match[0] in LOOPBACK else "[ip]", text)
    return text


class DropPrivate(logging.Filter):
    """The last guard: what a library puts into a message or a traceback is cleaned as well as what we write ourselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        # An error given as an argument would bring its words along; its class says enough.
        if isinstance(record.args, tuple):
            record.args = tuple(type(each).__name__ if isinstance(each, BaseException) else each for each in record.args)
        record.msg = without_personal_data(record.getMessage())
        record.args = ()
        record.__dict__.pop("request", None)  # Django's error records carry the whole request
        return True


class JsonLines(JsonFormatter):
    """`{"at": …, "level": …, "logger": …, "message": …, …extras}`. A traceback keeps its frames and loses the error's own words.

    A database error quotes the row it choked on ("Failing row contains (…)"), so the words of an exception can hold a comment.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="at",
            json_ensure_ascii=False,
            **options,
        )

    def format(self, record: logging.LogRecord) -> str:
        return without_personal_data(super().format(record))  # the extras, too

    def formatException(self, ei: Any) -> str:
        kind, _error, trace = ei
        frames = []
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return "\n".join([*frames, getattr(kind, "__name__", "")])
