"""A bulk action of thousands whose worker is killed in the middle goes on, tells each author once, and is taken back whole."""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import bulk
from moderation.actions import ACTIONS
from moderation.models import BulkAction, BulkItem, Decision, Notice
from moderation.reasons import Reason
from tests.factories import make_article, make_moderator
from tests.faults.conftest import release
from tests.processes import Stack, wait_for

MANY = 5_000
HELD = 4_000
# No mail goes out while a decision may be taken back: here for as long as a test runs. Sending thousands is another matter.
UNTOLD = {"HAZARD_UNDO_SECONDS": "3600"}


def states() -> Counter[str]:
    return Counter(Comment.objects.values_list("status", flat=True))


def done() -> int:
    return BulkItem.objects.filter(state=BulkItem.State.DONE).count()


def test_five_thousand_with_a_killed_worker_and_undo(fragile: Stack) -> None:
    fragile.environment |= UNTOLD
    sari, article = make_moderator("sari"), make_article()
    rows = [
        Comment(
            article=article,
            author_name=f"N{number}",
            author_email=f"n{number}@contoh.example",
            body_raw="x",
            body_html="x",
            body_text="x",
            status=Status.HELD if number < HELD else Status.SPAM,
            created_at=timezone.now(),
        )
        for number in range(MANY)
    ]
    Comment.objects.bulk_create(rows, batch_size=1_000)
    before = dict(Comment.objects.values_list("pk", "status"))
    seen = list(Comment.objects.values_list("pk", "status", "revision"))
    action = bulk.order(sari, ACTIONS["reject"], Reason.OFF_TOPIC, seen, source="selection")
    assert action.finished_at is None
    _kill_in_the_middle(fragile, 0)
    wait_for(lambda: BulkAction.objects.exclude(finished_at=None).count() == 1, 900, every=1)
    assert states() == {"rejected": MANY}
    assert Decision.objects.count() == MANY
    assert Notice.objects.count() == Notice.objects.values("comment").distinct().count() == MANY
    fragile.workers[-1].kill()
    bulk.order_undo(action, sari)
    _kill_in_the_middle(fragile, MANY)
    wait_for(lambda: BulkAction.objects.exclude(finished_at=None).count() == 2, 900, every=1)
    assert dict(Comment.objects.values_list("pk", "status")) == before
    assert Decision.objects.count() == 2 * MANY
    assert Notice.objects.count() == Notice.objects.filter(state=Notice.State.DROPPED).count() == MANY


def _kill_in_the_middle(stack: Stack, already: int) -> None:
    worker = stack.start_worker()
    wait_for(lambda: done() > already + 300, 600, every=0.05)
    worker.kill()
    assert already + 300 < done() < already + MANY
    release(BulkAction)
    stack.start_worker()
