"""Index of every Celery task; each lives beside the step that it starts. Celery finds them here."""

from moderation.notices import deliver_notice, resend_stuck
from moderation.retention import forget_networks
from moderation.screening import screen_comment, screen_stragglers

__all__ = ["deliver_notice", "forget_networks", "resend_stuck", "screen_comment", "screen_stragglers"]
