"""What the API tells moderators, and its declaration for the schema. Holds the author's e-mail address: never for anybody else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.http import HttpRequest
from rest_framework import serializers

from comments.api_shapes import STATES, PageSerializer, ProblemSerializer, Shapes, moment
from comments.models import Comment
from comments.states import Status
from moderation.models import Decision, Finding, Report
from moderation.reasons import REJECTION_REASONS, Reason

# The verbs of a decision: where each leads, and the reason where none is given.
OUTCOMES: dict[str, tuple[Status, Reason]] = {
    "approve": (Status.APPROVED, Reason.FINE),
    "reject": (Status.REJECTED, Reason.OTHER),
    "spam": (Status.SPAM, Reason.ADVERTISING),
    "hold": (Status.HELD, Reason.OTHER),
}
REPORT_REASONS = list(Report.Why.values)
PERSONS_REASONS = [reason.value for reason in (Reason.FINE, *REJECTION_REASONS)]


def name_of(moderator: User | None) -> str | None:
    """A moderator as colleagues call them; None for the checks."""
    return None if moderator is None else moderator.get_full_name() or moderator.get_username()


def finding(row: Finding) -> dict[str, Any]:
    return {
        "check": row.check_name,
        "version": row.check_version,
        "model": row.model_hash,
        "revision": row.revision,
        "label": row.label,
        "score": row.score,
        "probability": row.probability,
        "spans": [{"start": start, "end": end, "kind": kind} for start, end, kind in row.spans],
        "words": row.words,
        "detail": row.detail,
        "shadow": row.shadow,
    }


def decision(row: Decision) -> dict[str, Any]:
    return {
        "id": row.pk,
        "revision": row.revision,
        "kind": row.kind,
        "outcome": row.outcome,
        "was": row.was,
        "reason": row.reason,
        "note": row.note,
        "priority": row.priority,
        "decided_by": name_of(row.moderator),
        "decided_at": moment(row.created_at),
    }


def parent_of(parent: Comment) -> dict[str, Any]:
    return {"id": parent.public_id, "author_name": parent.author_name, "body_text": parent.body_text, "status": parent.status}


def report(row: Report) -> dict[str, Any]:
    """Without the reporter."""
    return {
        "revision": row.revision,
        "reason": row.reason,
        "detail": row.detail,
        "created_at": moment(row.created_at),
        "resolved_at": moment(row.resolved_at),
    }


def describe(request: HttpRequest, comments: Sequence[Comment], *, whole: bool = False) -> list[dict[str, Any]]:
    """Comments with what a decision needs: four queries, however many there are. `whole` adds the full history of each.

    The comments must come with `article` and `parent`.
    """
    shape = Shapes(request)
    findings: dict[int, list[Finding]] = defaultdict(list)
    for row in Finding.objects.filter(comment__in=comments, variant=None):
        findings[row.comment_id].append(row)
    decisions: dict[int, list[Decision]] = defaultdict(list)
    for made in Decision.objects.filter(comment__in=comments).select_related("moderator"):
        decisions[made.comment_id].append(made)
    reports: dict[int, list[Report]] = defaultdict(list)
    for one in Report.objects.filter(comment__in=comments).order_by("created_at", "id"):
        reports[one.comment_id].append(one)
    authors = histories(comment.commenter_id for comment in comments)
    found = []
    for comment in comments:
        article, parent = comment.article, comment.parent
        last = decisions[comment.pk][-1] if decisions[comment.pk] else None
        described = {
            "id": comment.public_id,
            "status": comment.status,
            "revision": comment.revision,
            "article": {"slug": article.slug, "title": article.title, "url": f"{shape.origin}{article.get_absolute_url()}"},
            "parent": parent
            and {"id": parent.public_id, "author_name": parent.author_name, "body_text": parent.body_text, "status": parent.status},
            "author_name": comment.author_name,
            "author_email": comment.author_email,
            "author_url": comment.author_url,
            "body": comment.body_raw,
            "body_html": comment.body_html,
            "created_at": moment(comment.created_at),
            "edited_at": moment(comment.edited_at),
            "via_form": comment.via_form,
            "findings": [finding(row) for row in findings[comment.pk] if row.revision == comment.revision],
            "decision": last and decision(last),
            "open_reports": sum(one.resolved_at is None for one in reports[comment.pk]),
            "author_history": authors.get(comment.commenter_id or 0),
        }
        if whole:
            described["decisions"] = [decision(made) for made in decisions[comment.pk]]
            described["earlier_findings"] = [finding(row) for row in findings[comment.pk] if row.revision != comment.revision]
            described["reports"] = [report(one) for one in reports[comment.pk]]
            described["earlier_texts"] = [
                {"revision": old.number, "body": old.body_raw, "replaced_at": moment(old.replaced_at)} for old in comment.revisions.all()
            ]
        found.append(described)
    return found


def histories(commenters: Iterable[int | None]) -> dict[int, dict[str, int]]:
    """Of each commenter: how many comments in which state. Somebody we do not know again has no history."""
    counts = {
        "approved": Count("pk", filter=Q(status=Status.APPROVED)),
        "rejected": Count("pk", filter=Q(status=Status.REJECTED)),
        "spam": Count("pk", filter=Q(status=Status.SPAM)),
        "waiting": Count("pk", filter=Q(status__in=[Status.PENDING, Status.HELD])),
    }
    rows = Comment.objects.filter(commenter__in={one for one in commenters if one is not None}).values("commenter_id").annotate(**counts)
    return {row["commenter_id"]: {name: row[name] for name in counts} for row in rows}


# --- Declarations for the schema ---------------------------------------------------------------------------------------


class SpanSerializer(serializers.Serializer[Any]):
    start = serializers.IntegerField(help_text="In code points of `body`.")
    end = serializers.IntegerField()
    kind = serializers.CharField()


class FindingSerializer(serializers.Serializer[Any]):
    check = serializers.CharField()
    version = serializers.CharField()
    model = serializers.CharField(help_text="The hash of the artefact that was used; empty for rules.")
    revision = serializers.IntegerField()
    label = serializers.ChoiceField(choices=Finding.Label.values)  # type: ignore[assignment]  # also a field's own attribute
    score = serializers.FloatField(help_text="0 (harmless) to 1 (sure).")
    probability = serializers.FloatField(allow_null=True, help_text="Calibrated; null where the check is a rule.")
    spans = SpanSerializer(many=True)
    words = serializers.ListField(child=serializers.CharField())
    detail = serializers.DictField()
    shadow = serializers.BooleanField(help_text="Recorded, not counted.")


class DecisionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    revision = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Decision.Kind.values)
    outcome = serializers.ChoiceField(choices=[Status.APPROVED, Status.HELD, Status.REJECTED, Status.SPAM])
    was = serializers.ChoiceField(choices=STATES)
    reason = serializers.CharField()
    note = serializers.CharField()
    priority = serializers.FloatField()
    decided_by = serializers.CharField(allow_null=True, help_text="Null for the checks and for reports.")
    decided_at = serializers.DateTimeField()


class ReportSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=REPORT_REASONS)
    detail = serializers.CharField()
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class EarlierTextSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    body = serializers.CharField()
    replaced_at = serializers.DateTimeField()


class ArticleLinkSerializer(serializers.Serializer[Any]):
    slug = serializers.SlugField()
    title = serializers.CharField()
    url = serializers.URLField()


class ParentSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    author_name = serializers.CharField()
    body_text = serializers.CharField()
    status = serializers.ChoiceField(choices=STATES)


class AuthorHistorySerializer(serializers.Serializer[Any]):
    approved = serializers.IntegerField()
    rejected = serializers.IntegerField()
    spam = serializers.IntegerField()
    waiting = serializers.IntegerField()


class QueuedSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    status = serializers.ChoiceField(choices=STATES)
    revision = serializers.IntegerField(help_text="Send it back with the decision.")
    article = ArticleLinkSerializer()
    parent = ParentSerializer(allow_null=True)
    author_name = serializers.CharField()
    author_email = serializers.CharField()
    author_url = serializers.CharField()
    body = serializers.CharField(help_text="The text as typed: what the spans of the findings count in.")
    body_html = serializers.CharField()
    created_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    via_form = serializers.BooleanField(help_text="False for comments that came by this API.")
    findings = FindingSerializer(many=True, help_text="What the checks said of the present revision.")
    decision = DecisionSerializer(allow_null=True, help_text="The last one.")
    open_reports = serializers.IntegerField()
    author_history = AuthorHistorySerializer(allow_null=True, help_text="Null for somebody we do not know again.")


class QueuePageSerializer(PageSerializer):
    results = QueuedSerializer(many=True)


class ModeratedSerializer(QueuedSerializer):
    decisions = DecisionSerializer(many=True, help_text="All, oldest first.")
    earlier_findings = FindingSerializer(many=True, help_text="Of earlier revisions.")
    reports = ReportSerializer(many=True)
    earlier_texts = EarlierTextSerializer(many=True)


class NewDecisionSerializer(serializers.Serializer[Any]):
    """What a moderator decides, and on what: the comment as it was seen."""

    outcome = serializers.ChoiceField(choices=list(OUTCOMES))
    revision = serializers.IntegerField(min_value=1, help_text="The revision that was seen.")
    status = serializers.ChoiceField(
        choices=STATES,
        required=False,
        help_text="The state that was seen. Left out, the decision holds for what waits (held or pending) and for nothing else.",
    )
    reason = serializers.ChoiceField(
        choices=PERSONS_REASONS, required=False, help_text="Default: approve `fine`, reject and hold `other`, spam `advertising`."
    )
    note = serializers.CharField(max_length=2_000, required=False, allow_blank=True, default="")


class NewReportSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=REPORT_REASONS)
    detail = serializers.CharField(max_length=1_000, required=False, allow_blank=True)


class ReportedSerializer(serializers.Serializer[Any]):
    comment = serializers.CharField()
    reason = serializers.ChoiceField(choices=REPORT_REASONS)
    detail = serializers.CharField()
    created_at = serializers.DateTimeField()


class PresentSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=STATES)
    revision = serializers.IntegerField()
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class ConflictSerializer(ProblemSerializer):
    present = PresentSerializer(help_text="The comment as it is now.")
