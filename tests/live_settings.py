"""The site's settings for processes that tests start: a page is looked at anew with each request, so that a test sees at once what it did.

tests/flows/test_kept.py is about how old a page may be, and runs with the site's own.
"""

from newsroom.settings import *  # noqa: F403
from tests import passwords  # noqa: F401  (the same as on the tests' own side)

KEPT_STALE_SECONDS = 0
