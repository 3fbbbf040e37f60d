"""Index of every Celery task; each lives beside the step that it starts. Celery finds them here."""

from moderation.bulk import resume_bulk, work_bulk
from moderation.following import gather_news, tell_followers
from moderation.learning import train_corrections
from moderation.notices import deliver_notice, send_notices
from moderation.replays import resume_replays, work_replay
from moderation.retention import forget_kept, forget_networks, forget_presence, forget_replays, forget_reporters
from moderation.screening import screen_comment, screen_stragglers

__all__ = [
    "deliver_notice",
    "forget_kept",
    "forget_networks",
    "forget_presence",
    "forget_replays",
    "forget_reporters",
    "gather_news",
    "resume_bulk",
    "resume_replays",
    "screen_comment",
    "screen_stragglers",
    "send_notices",
    "tell_followers",
    "train_corrections",
    "work_bulk",
    "work_replay",
]
