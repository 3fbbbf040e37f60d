"""A disk without room: SQLite may not grow beyond the pages that it has now. The worker and the site behave as with ENOSPC."""

import os

from tests.faults.settings import *  # noqa: F403
from tests.faults.settings import DATABASES

DATABASES["default"]["OPTIONS"]["init_command"] += f" PRAGMA max_page_count={os.environ['MAX_PAGES']};"
