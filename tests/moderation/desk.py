"""Comments in every state of the desk, for its tests."""

from __future__ import annotations

import itertools
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from comments.models import Comment
from comments.states import Status
from moderation.decisions import decide
from moderation.models import Decision, Finding, Report
from newsroom.models import Article
from tests.factories import make_comment, make_user

_reporters = itertools.count(1)


def make_held(article: Article | None = None, *, priority: float = 0.5, findings: list[Finding] | None = None, **fields: Any) -> Comment:
    """A comment that the checks have held for a person."""
    return screened(make_comment(article, status=Status.PENDING, **fields), Status.HELD, priority, findings)


def make_spam(article: Article | None = None, **fields: Any) -> Comment:
    return screened(make_comment(article, status=Status.PENDING, **fields), Status.SPAM, 0.9)


def screened(comment: Comment, outcome: Status, priority: float = 0.5, findings: list[Finding] | None = None) -> Comment:
    decide(
        comment,
        outcome,
        kind=Decision.Kind.SCREENING,
        reason="suspicious" if outcome == Status.HELD else "sure_spam",
        priority=priority,
        findings=findings or [],
        notify=False,
    )
    return comment


def make_finding(check: str = "phrases", label: str = "suspect", **fields: Any) -> Finding:
    return Finding(**{"check_name": check, "check_version": "1", "label": label, "score": 0.8, **fields})


def make_report(comment: Comment, **fields: Any) -> Report:
    return Report.objects.create(
        **{"comment": comment, "revision": comment.revision, "reason": "insult", "reporter": f"r{next(_reporters)}", **fields}
    )


def member(group: str, **fields: Any) -> User:
    """Somebody on the staff with the permissions of a group."""
    user = make_user(is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=group))
    return User.objects.get(pk=user.pk)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post_decision(client: Client, comment: Comment, outcome: str, **fields: Any) -> Any:
    """Decide as the form does, with the status and revision that `comment` has in memory."""
    data = {"outcome": outcome, "status": comment.status, "revision": comment.revision, **fields}
    return client.post(reverse("queue-decide", args=[comment.public_id]), data)


def pick(*comments: Comment) -> list[str]:
    return [f"{comment.public_id}:{comment.status}:{comment.revision}" for comment in comments]


def state_of(comment: Comment) -> tuple[str, int]:
    return Comment.objects.values_list("status", "revision").get(pk=comment.pk)
