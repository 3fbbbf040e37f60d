"""A hint, never a verdict."""

from __future__ import annotations

import pytest

from moderation.checks.base import Label, Submission
from moderation.checks.evasion import check


@pytest.mark.parametrize(
    ("barred", "known", "approved", "label"),
    [
        (0, False, 0, Label.CLEAN),
        (1, False, 0, Label.SUSPECT),
        (1, True, 2, Label.SUSPECT),
        (1, True, 3, Label.NOTE),
        (4, False, 9, Label.SUSPECT),
    ],
)
def test_table(barred: int, known: bool, approved: int, label: Label) -> None:
    found = check(Submission(text="x", barred_nearby=barred, author_known=known, author_approved=approved))
    assert (found.label, found.detail) == (label, {"barred": barred})
