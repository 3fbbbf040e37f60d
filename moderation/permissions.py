"""Django's question "may this person do this with this comment", answered by scope: `user.has_perm("moderation.decide", comment)`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from comments.models import Comment
from moderation.access import DECIDE, comments_for


class CommentPermissions(BaseBackend):
    """An authentication backend that logs nobody in: by it `comments`, which may not import this app, can ask for a moderator."""

    def has_perm(self, user_obj: Any, perm: str, obj: object = None) -> bool:
        if perm != DECIDE or not isinstance(obj, Comment):
            return False
        return comments_for(user_obj).filter(pk=obj.pk).exists()
