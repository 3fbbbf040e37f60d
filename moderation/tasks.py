"""Index of every Celery task; each lives beside the step that it starts. Celery finds them here."""

from moderation.bulk import resume_bulk, work_bulk
from moderation.learning import train_corrections
from moderation.notices import deliver_notice, resend_stuck
from moderation.replays import resume_replays, work_replay
from moderation.retention import forget_networks, forget_replays
from moderation.screening import screen_comment, screen_stragglers

__all__ = [
    "deliver_notice",
    "forget_networks",
    "forget_replays",
    "resend_stuck",
    "resume_bulk",
    "resume_replays",
    "screen_comment",
    "screen_stragglers",
    "train_corrections",
    "work_bulk",
    "work_replay",
]
