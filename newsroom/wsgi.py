"""The web server's entry point: `granian --interface wsgi newsroom.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
application = get_wsgi_application()

# After Django is set up, which its import needs.
from newsroom.warmup import begin  # noqa: E402

begin()
