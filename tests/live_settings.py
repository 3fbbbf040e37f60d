"""The site's settings for processes that tests start: a page is looked at anew with each request, so that a test sees at once what it did.

tests/flows/test_kept.py is about how old a page may be, and runs with the site's own.
"""

from typing import Any

from django.core.signals import request_started

from newsroom.settings import *  # noqa: F403
from tests import passwords  # noqa: F401  (the same as on the tests' own side)

KEPT_STALE_SECONDS = 0


def forget_content_types(**_kwargs: Any) -> None:
    """Django remembers their numbers for as long as a process lives; each test's empty database gives them new ones."""
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()


request_started.connect(forget_content_types)
