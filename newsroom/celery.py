"""The Celery application. Start a worker with `celery -A newsroom worker -B`; `manage.py up` starts newsroom.worker."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

app = Celery("newsroom")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_the_site_does(**_kwargs: Any) -> None:
    """With a receiver on this signal Celery leaves logging alone, so that its lines pass the same filter against personal data."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
