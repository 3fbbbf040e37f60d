"""The web server's entry point: `granian --interface wsgi newsroom.wsgi:application`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

from django.core.wsgi import get_wsgi_application

django_application = get_wsgi_application()

from newsroom.gateway import Gateway  # noqa: E402  (needs Django set up)

application = Gateway(django_application)
