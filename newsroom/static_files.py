"""Static files for the web server: collected, named by their content and compressed, once for each state of the sources."""

from __future__ import annotations

import hashlib
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = "collected.stamp"


def collect() -> bool:
    """Collect into STATIC_ROOT unless it already holds this very state; whether there was anything to do. Takes some five seconds."""
    stamp = Path(settings.STATIC_ROOT) / STAMP
    state = fingerprint()
    if stamp.exists() and stamp.read_text() == state:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(state)
    return True


def fingerprint() -> str:
    """A digest of name, size and time of every source file, and of what turns them into what is served."""
    digest = hashlib.sha256(f"{django.__version__} {settings.STORAGES['staticfiles']['BACKEND']}".encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            about = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()
