"""Gathers what the checks may know of a comment: a bounded number of queries, all before the first check runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from comments.models import Comment
from comments.states import Status
from moderation import campaigns, in_force, rules, sanctions, thresholds, variants
from moderation.checks.base import Check, Finding, Label, Submission
from moderation.classifiers.links import find_links
from moderation.classifiers.normalise import normalise
from moderation.models import Fingerprint, Report

REPEAT_WINDOW = timedelta(days=7)
RECENT = timedelta(minutes=10)
MOST_COPIES = 100
MOST_NEARBY = 1_000  # far above what the flood check allows a network; a flood of ten thousand is not counted anew for each of them


@lru_cache(maxsize=64)
def load_check(name: str) -> tuple[Check, str]:
    """The function and the version of one check; raises ImportError or AttributeError, which the screening turns into ERROR.

    A name with dots is a module outside this project: a newsroom's own check.
    """
    module = import_module(name if "." in name else f"moderation.checks.{name}")
    return module.check, module.VERSION


def heads_of(name: str) -> tuple[str, ...]:
    """The text models that a check asks; none for a check without any, or one that cannot be loaded."""
    return tuple(_said_by(name, "HEADS", ()))


def is_of_the_text(name: str) -> bool:
    """Whether a check's answer follows from the text and the lists alone, so that it can be asked again at any time.

    All others speak of the moment in which a comment came, and that is gone. A check that cannot be loaded is not asked again.
    """
    return bool(_said_by(name, "OF_THE_TEXT", False))


def _said_by(name: str, what: str, otherwise: Any) -> Any:
    try:
        load_check(name)
    except Exception:  # the screening has said so already
        return otherwise
    return getattr(import_module(name if "." in name else f"moderation.checks.{name}"), what, otherwise)


@dataclass(frozen=True, slots=True)
class Facts:
    """`submission` is for the checks; `mark` and `alike` are what the comment may join a campaign by."""

    submission: Submission
    mark: Fingerprint
    alike: campaigns.Copies


def gather(comment: Comment) -> Facts:
    """The facts of a comment's present revision. Also stores the fingerprint by which later copies of the text are found."""
    now = timezone.now()
    publication = comment.article.publication
    author = author_hash(comment)
    mark = campaigns.fingerprint(comment, skeleton_hash(comment.body_raw), author)
    skeleton = mark.skeleton
    alike = campaigns.near_copies(mark, now - REPEAT_WINDOW)
    copies = {"same": 0, "authors": 0, "refused": 0}
    if skeleton:
        others = Fingerprint.of_skeleton(skeleton).filter(created_at__gte=now - REPEAT_WINDOW).exclude(comment=comment)
        # The latest are enough to know a campaign by; counting all of ten thousand copies for each one would take the square of it.
        copies = others.order_by("-created_at")[:MOST_COPIES].aggregate(
            same=Count("pk"),
            authors=Count("author", distinct=True, filter=~Q(author=author)),
            refused=Count("pk", filter=Q(comment__status=Status.SPAM)),
        )
    history = {"approved": 0, "refused": 0, "recent": 0}
    since = sanctions.trusted_since(comment.commenter_id, now)
    if comment.commenter_id is not None:
        history = (
            Comment.objects.filter(commenter_id=comment.commenter_id)
            .exclude(pk=comment.pk)
            .aggregate(
                approved=Count("pk", filter=Q(status=Status.APPROVED, created_at__gte=since)),
                refused=Count("pk", filter=Q(status__in=[Status.REJECTED, Status.SPAM])),
                recent=Count("pk", filter=Q(created_at__gte=now - RECENT)),
            )
        )
    nearby = {"recent": 0, "day": 0}
    if comment.network:
        rows = Comment.objects.from_network(comment.network, now - timedelta(days=1)).exclude(pk=comment.pk)
        latest = rows.order_by("-created_at")[:MOST_NEARBY]
        nearby = latest.aggregate(recent=Count("pk", filter=Q(created_at__gte=now - RECENT)), day=Count("pk"))
    # Counted up to the budget and no further: in a flood of a million the answer is known after the first few thousand rows.
    everywhere = Comment.objects.filter(created_at__gte=now - RECENT).exclude(pk=comment.pk)[: settings.COMMENT_GLOBAL_BUDGET + 1].count()
    tick = in_force.tick()
    phrases, domains = in_force.lists_in_force(publication.pk, tick)
    submission = Submission(
        text=comment.body_raw,
        author_name=comment.author_name,
        author_url=comment.author_url,
        language=publication.language,
        links=find_links(comment.body_raw),
        submitted_at=comment.created_at,
        via_form=comment.via_form,
        honeypot_filled=comment.honeypot_filled,
        fill_seconds=comment.fill_seconds,
        author_known=comment.commenter_id is not None,
        author_approved=history["approved"],
        author_refused=history["refused"],
        recent_by_author=history["recent"],
        recent_by_network=nearby["recent"],
        recent_everywhere=everywhere,
        daily_by_network=nearby["day"],
        barred_nearby=sanctions.barred_nearby(comment.network, comment.commenter_id, publication),
        global_budget=settings.COMMENT_GLOBAL_BUDGET,
        same_text=copies["same"],
        same_text_authors=copies["authors"],
        same_text_refused=copies["refused"],
        near_text=alike.copies,
        near_text_authors=alike.authors,
        near_text_refused=alike.refused,
        phrases=phrases,
        innocent=in_force.innocents_in_force(publication.pk, tick),
        listed_domains=domains,
        thresholds=thresholds.in_force(publication.pk, tick),
        models=variants.in_use(publication.pk, tick).models,
        own_hosts=in_force.own_hosts(publication),
    )
    return Facts(submission, mark, alike)


def rule_facts(comment: Comment, submission: Submission, findings: Mapping[str, Finding]) -> dict[str, rules.Value]:
    """What `moderation.rules.FACTS` promises, for one revision. What a check should have said and could not is left out.

    `comment` comes with article, section, publication and commenter. One query, and that only for an edited comment.
    """
    article, at = comment.article, comment.edited_at or comment.created_at
    local = at.astimezone(ZoneInfo(article.publication.time_zone))
    # A new comment was never public, so nobody can have reported it.
    reports = Report.objects.filter(comment=comment, resolved_at=None).count() if comment.revision > 1 else 0
    facts: dict[str, rules.Value] = {
        "length": len(comment.body_raw),
        "section": article.section.slug,
        "hour": local.hour,
        "weekday": local.isoweekday(),
        "article_days": max((at - article.published_at).days, 0) if article.published_at else 0,
        "author_known": submission.author_known,
        "author_approved": submission.author_approved,
        "author_refused": submission.author_refused,
        "author_days": max((at - comment.commenter.created_at).days, 0) if comment.commenter else 0,
        "campaign": submission.same_text + submission.near_text,
        "reports": reports,
        "reply": comment.parent_id is not None,
        "by_form": comment.via_form,
    }
    return facts | facts_of_text(findings)


TOLD_BY: Mapping[str, tuple[str, ...]] = {"links": ("links", "contacts"), "language": ("language",)}  # facts, by the check that tells them


def facts_of_text(findings: Mapping[str, Finding]) -> dict[str, rules.Value]:
    """Those of the facts that checks of the text tell, as far as these findings do."""
    facts: dict[str, rules.Value] = {}
    links, language = findings.get("links"), findings.get("language")
    if links is not None and links.label != Label.ERROR:
        facts |= {"links": _number(links.detail.get("links")), "contacts": _number(links.detail.get("contacts"))}
    if language is not None and language.label != Label.ERROR:
        facts["language"] = str(language.detail.get("language") or "")
    return facts


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) else 0


def skeleton_hash(text: str) -> str:
    """32 hex digits for a text's skeleton; empty for texts too short to tell one author from another ("setuju")."""
    skeleton = normalise(text).skeleton
    if len(skeleton) < 20:
        return ""
    return salted_hmac("moderation.skeleton", skeleton, algorithm="sha256").hexdigest()[:32]


def author_hash(comment: Comment) -> str:
    """What tells two authors apart: the account or browser where we know it, else the name and address they typed."""
    who = f"commenter:{comment.commenter_id}" if comment.commenter_id else f"typed:{comment.author_name}:{comment.author_email}"
    return salted_hmac("moderation.author", who.casefold(), algorithm="sha256").hexdigest()[:32]
