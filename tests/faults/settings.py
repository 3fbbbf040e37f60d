"""The site's settings with short times and one check more, which does what the text of a comment tells it to do to its worker."""

from datetime import timedelta

from newsroom.settings import *  # noqa: F403
from newsroom.settings import CELERY_BEAT_SCHEDULE, MODERATION_CHECKS

MODERATION_CHECKS = [*MODERATION_CHECKS, "tests.faults.hazard"]
KEPT_STALE_SECONDS = 0  # as in tests.live_settings
SCREEN_GRACE = timedelta(seconds=1)
SCREEN_LEASE = timedelta(seconds=2)
SCREEN_CHECK_SECONDS = 4
SCREEN_TASK_SECONDS = 6
for _entry in ("screen-stragglers", "send-notices"):
    CELERY_BEAT_SCHEDULE[_entry]["schedule"] = timedelta(seconds=1)
