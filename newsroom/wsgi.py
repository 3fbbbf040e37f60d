"""The web server's entry point: `granian --interface wsgi newsroom.wsgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

from django.core.wsgi import get_wsgi_application

django_application = get_wsgi_application()

# These need Django set up.
from newsroom.gateway import Gateway  # noqa: E402
from newsroom.warmup import begin  # noqa: E402

application = Gateway(django_application)
begin()
