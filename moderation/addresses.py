"""Sending somebody the link that confirms their address, for whichever page they asked on. A stranger's mailbox is not flooded by it."""

from __future__ import annotations

from django.conf import settings

from comments import people
from comments.models import Commenter
from moderation import notices
from newsroom import limits
from newsroom.models import Publication


def ask(commenter: Commenter, address: str, publication: Publication, network: str) -> int:
    """Send the link; 0, or the seconds to wait where the network has asked for too many.

    Where the address had enough of them, or wants none, nothing goes out and nobody is told: the answer must not say what is known.
    """
    if wait := limits.hit("confirm", network, settings.COMMENT_CONFIRM_MAILS):
        return wait
    if not limits.hit("confirm-address", address.casefold(), settings.COMMENT_CONFIRM_MAILS_TO_ONE):
        people.ask_address(commenter, address)
        notices.prepare_confirmation(commenter, publication)
    return 0
