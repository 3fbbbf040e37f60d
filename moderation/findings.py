"""A check's finding as the values of a row, and a row as a finding again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.checks.base import Finding, Label, Span


def as_row(finding: Finding) -> dict[str, Any]:
    """The fields of `moderation.models.Finding` that a finding fills; plain JSON values."""
    return {
        "check_name": finding.check,
        "check_version": finding.version,
        "model_hash": finding.model_hash,
        "label": finding.label.value,
        "score": finding.score,
        "probability": finding.probability,
        "spans": [[span.start, span.end, span.kind] for span in finding.spans],
        "words": list(finding.words),
        "detail": dict(finding.detail),
    }


def from_row(row: Mapping[str, Any]) -> Finding:
    """A finding from such fields; those that are not given are as in a finding that says nothing of them."""
    return Finding(
        check=row["check_name"],
        label=Label(row["label"]),
        version=row.get("check_version", ""),
        score=row.get("score", 0.0),
        probability=row.get("probability"),
        spans=tuple(Span(start, end, kind) for start, end, kind in row.get("spans", ())),
        words=tuple(row.get("words", ())),
        detail=row.get("detail") or {},
        model_hash=row.get("model_hash", ""),
    )
