"""What a person can do with a comment: the four verbs of desk and API, where each leads, and which reasons fit it."""

from __future__ import annotations

from dataclasses import dataclass

from comments.states import Status, may_move
from moderation.reasons import REJECTION_REASONS, Reason


class BadReason(ValueError):
    """The action needs a reason and got none, or one that does not fit it."""


@dataclass(frozen=True, slots=True)
class Action:
    """`reasons` are those that may be given, the first by default; with `needs_reason` there is no default."""

    name: str
    outcome: Status
    reasons: tuple[Reason, ...]
    needs_reason: bool = False

    def reason(self, given: str) -> Reason:
        """The reason to write down. An action without a choice takes its own, whatever was given. Raises BadReason."""
        if not self.needs_reason:
            return self.reasons[0]
        if given not in self.reasons:
            raise BadReason(self.name)
        return Reason(given)


ACTIONS = {
    "approve": Action("approve", Status.APPROVED, (Reason.FINE,)),
    "reject": Action("reject", Status.REJECTED, REJECTION_REASONS, needs_reason=True),
    "spam": Action("spam", Status.SPAM, (Reason.ADVERTISING,)),
    "hold": Action("hold", Status.HELD, (Reason.SUSPICIOUS,)),
}


def possible(status: Status, reported: bool = False) -> tuple[str, ...]:
    """The actions open to a person in a state: its moves, a note on what is held, "fine as it is" on what was reported."""
    names = []
    for name, action in ACTIONS.items():
        stays = status == action.outcome and (status == Status.HELD or (status == Status.APPROVED and reported))
        if stays or (status != action.outcome and may_move(status, action.outcome)):
            names.append(name)
    return tuple(names)
