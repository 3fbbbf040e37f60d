"""The site's settings with one check more, which does what the text of a comment tells it to do to its worker.

What was left behind is found soon: short leases and quick sweeps. How long a check and a task may take is far above what a busy machine
needs for them; a test about such a limit asks for a lower one, and one about many comments for the site's own lease and sweep.
"""

import os
from datetime import timedelta

from newsroom.settings import *  # noqa: F403
from newsroom.settings import CELERY_BEAT_SCHEDULE, MODERATION_CHECKS, MODERATION_UNDO_SECONDS

MODERATION_CHECKS = [*MODERATION_CHECKS, "tests.faults.hazard"]
KEPT_STALE_SECONDS = 0  # as in tests.live_settings
SCREEN_GRACE = timedelta(seconds=1)
SCREEN_LEASE = timedelta(seconds=float(os.environ.get("HAZARD_LEASE", "2")))
SCREEN_CHECK_SECONDS = int(os.environ.get("HAZARD_CHECK_SECONDS", "60"))
SCREEN_TASK_SECONDS = int(os.environ.get("HAZARD_TASK_SECONDS", "90"))
MODERATION_UNDO_SECONDS = int(os.environ.get("HAZARD_UNDO_SECONDS", str(MODERATION_UNDO_SECONDS)))
for _entry in ("screen-stragglers", "send-notices", "resume-bulk", "resume-replays"):
    CELERY_BEAT_SCHEDULE[_entry]["schedule"] = timedelta(seconds=float(os.environ.get("HAZARD_SWEEP", "1")))
