from __future__ import annotations

from itertools import product

import pytest

from comments.states import EDITABLE, MOVES, PUBLIC, Status, may_move


def test_only_approved_is_public() -> None:
    assert PUBLIC == Status.APPROVED


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(Status)


def test_what_an_author_may_change_can_be_edited_and_withdrawn() -> None:
    assert {status for status in Status if may_move(status, Status.PENDING)} == EDITABLE
    assert {status for status in Status if may_move(status, Status.WITHDRAWN)} == set(Status) - {Status.WITHDRAWN}  # erasure, too


def test_withdrawn_is_the_end() -> None:
    assert not any(may_move(Status.WITHDRAWN, status) for status in Status)


def test_whatever_was_refused_can_be_taken_back() -> None:
    for refused, back in product((Status.REJECTED, Status.SPAM), (Status.APPROVED, Status.HELD)):
        assert may_move(refused, back)


@pytest.mark.parametrize("status", list(Status))
def test_no_state_but_pending_moves_to_itself(status: Status) -> None:
    assert may_move(status, status) == (status == Status.PENDING)


def test_nothing_refused_waits_for_the_checks_again() -> None:
    assert not may_move(Status.REJECTED, Status.PENDING)
    assert not may_move(Status.SPAM, Status.PENDING)
