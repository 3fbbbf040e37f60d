"""What a web process does before its first request needs it: reads the text models, imports the pages.

It runs beside the server, in a thread of its own, so that starting is as quick as without; a request that comes sooner waits for
what it needs itself.
"""

from __future__ import annotations

import gc
import logging
import threading

from django.conf import settings
from django.urls import get_resolver
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)


def warm() -> None:
    """Import every page, then call each function of settings.WARMUPS. One that raises is logged, and stops nothing."""
    for path in ("", *settings.WARMUPS):
        try:
            if path:
                import_string(path)()
            else:
                _ = get_resolver().url_patterns
        except Exception as error:
            # Whatever is wrong is told again, and in its place, by the request that meets it.
            log.warning("warming up failed", extra={"error": type(error).__name__})


def settle() -> None:
    """Warm up, then take all that is there by now off the garbage collector's rounds: it stays, and each round would look through it."""
    warm()
    gc.collect()
    gc.freeze()


def begin() -> threading.Thread:
    """Start warming up in the background. The thread ends by itself, and does not keep the process alive."""
    thread = threading.Thread(target=settle, name="warmup", daemon=True)
    thread.start()
    return thread
