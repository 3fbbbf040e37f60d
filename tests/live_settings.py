"""The site's settings for processes that tests start: a page is looked at anew with each request, so that a test sees at once what it did.

tests/flows/test_kept.py is about how old a page may be, and runs with the site's own.
"""

from datetime import timedelta
from typing import Any

from celery.signals import task_prerun
from django.core.signals import request_started

from newsroom.settings import *  # noqa: F403
from newsroom.settings import CELERY_BEAT_SCHEDULE
from tests import passwords  # noqa: F401  (the same as on the tests' own side)

KEPT_STALE_SECONDS = 0
# A decision can be taken back for as long as a test may take on a busy machine. Who tests the mail lets the time be over, see
# tests.factories.end_undo_time.
MODERATION_UNDO_SECONDS = 600
for _entry in ("screen-stragglers", "send-notices", "tell-followers"):
    CELERY_BEAT_SCHEDULE[_entry]["schedule"] = timedelta(seconds=1)


def forget(**_kwargs: Any) -> None:
    """What a process remembers of a database for a while, or for as long as it lives: each test's is an empty one, with new numbers."""
    from django.contrib.contenttypes.models import ContentType

    from moderation import check_modes, in_force, variants

    ContentType.objects.clear_cache()
    in_force.forget()
    for kept in (check_modes.in_force, variants.in_use):
        kept.cache_clear()


request_started.connect(forget)
task_prerun.connect(forget)
