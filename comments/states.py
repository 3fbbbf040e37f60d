"""The states of a comment and the moves between them, nothing else. Only APPROVED is public."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    PENDING = "pending", _("waiting for the checks")  # nobody has looked
    HELD = "held", _("waiting for a moderator")  # a machine looked, a person must
    APPROVED = "approved", _("published")
    REJECTED = "rejected", _("rejected")
    SPAM = "spam", _("spam")
    WITHDRAWN = "withdrawn", _("withdrawn by its author")


# PENDING -> PENDING is an edit before anybody looked: a new revision in the same state.
# REJECTED -> WITHDRAWN and SPAM -> WITHDRAWN are erasures alone: what was erased can never be published (docs/adr/0013).
# REJECTED -> HELD and SPAM -> HELD undo a decision on a comment that was waiting for a person (docs/adr/0004).
MOVES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(Status),
    Status.HELD: frozenset({Status.PENDING, Status.APPROVED, Status.REJECTED, Status.SPAM, Status.WITHDRAWN}),
    Status.APPROVED: frozenset({Status.PENDING, Status.HELD, Status.REJECTED, Status.SPAM, Status.WITHDRAWN}),
    Status.REJECTED: frozenset({Status.APPROVED, Status.SPAM, Status.HELD, Status.WITHDRAWN}),
    Status.SPAM: frozenset({Status.APPROVED, Status.REJECTED, Status.HELD, Status.WITHDRAWN}),
    Status.WITHDRAWN: frozenset(),
}
PUBLIC = Status.APPROVED
EDITABLE = frozenset({Status.PENDING, Status.HELD, Status.APPROVED})


def may_move(old: Status, new: Status) -> bool:
    return new in MOVES[old]
