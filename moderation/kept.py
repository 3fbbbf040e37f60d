"""What happens to a reply that is kept: its author gets the link that confirms their address, and with it the reply goes on."""

from __future__ import annotations

from typing import Any

from comments.models import KeptReply
from comments.signals import reply_kept
from moderation import addresses
from newsroom.models import CommentAccess
from newsroom.network import network_of


def ask_to_confirm(kept: KeptReply, **_kwargs: Any) -> None:
    """Receiver of `reply_kept`. Where a limit stands against it no mail goes out; the author's page offers to send one."""
    commenter, publication = kept.commenter, kept.article.publication
    if publication.comment_access != CommentAccess.EMAIL or not kept.author_email:
        return
    if commenter.pending_email == kept.author_email:
        return  # a second reply waits for the same link
    addresses.ask(commenter, kept.author_email, publication, network_of(kept.ip))


def connect() -> None:
    reply_kept.connect(ask_to_confirm, dispatch_uid="moderation.ask_to_confirm")
