"""The site's settings for processes that tests start: a page is looked at anew with each request, so that a test sees at once what it did.

tests/flows/test_kept.py is about how old a page may be, and runs with the site's own.
"""

from newsroom.settings import *  # noqa: F403

KEPT_STALE_SECONDS = 0
