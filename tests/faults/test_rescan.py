"""A second look whose worker is killed, while it looks and while its verdicts follow: counted once, told once, taken back whole."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation import bulk, replays
from moderation.models import BulkAction, BulkItem, Decision, Notice, Phrase, Replay, ReplayItem
from tests.factories import make_article
from tests.faults.conftest import release
from tests.faults.test_bulk import UNTOLD
from tests.moderation.desk import member
from tests.processes import Stack, wait_for

MANY = 2_000
LISTED = 1_200


def seen() -> int:
    return Replay.objects.values_list("seen", flat=True).get()


def done() -> int:
    return BulkItem.objects.filter(state=BulkItem.State.DONE).count()


def test_a_killed_look_and_killed_verdicts_go_on(fragile: Stack) -> None:
    fragile.environment |= UNTOLD
    editor, article = member("admin"), make_article()
    at = timezone.now() - timedelta(hours=3)
    texts = [f"Ada kucing ajaib nomor {number}" if number < LISTED else f"Jembatan nomor {number}" for number in range(MANY)]
    plain = {"article": article, "status": Status.APPROVED, "created_at": at, "author_name": "N"}
    Comment.objects.bulk_create(
        [
            Comment(**plain, author_email=f"n{number}@contoh.example", body_raw=text, body_html=text, body_text=text)
            for number, text in enumerate(texts)
        ],
        batch_size=1_000,
    )
    comments = Comment.objects.order_by("pk").values_list("pk", flat=True)
    Decision.objects.bulk_create(
        [Decision(comment_id=pk, revision=1, kind="screening", outcome="approved", was="pending", reason="clean") for pk in comments],
        batch_size=1_000,
    )
    Phrase.objects.create(pattern="kucing ajaib", kind="insult", action="suspect")
    before = dict(Comment.objects.values_list("pk", "status"))

    made = replays.order(editor, Replay.Kind.RESCAN, None, 7, states=[Status.APPROVED], seconds=0.0)
    assert (made.seen, made.finished_at, made.total) == (0, None, MANY)
    worker = fragile.start_worker()
    wait_for(lambda: seen() > 150, 600, every=0.02)
    worker.kill()
    assert 150 < seen() < MANY
    release(Replay)
    fragile.start_worker()
    wait_for(lambda: Replay.objects.exclude(finished_at=None).exists(), 900, every=0.5)
    made.refresh_from_db()
    assert made.seen == MANY
    assert made.table == {"approved>held": {"count": LISTED}, "approved>approved": {"count": MANY - LISTED}}
    assert ReplayItem.objects.count() == ReplayItem.objects.values("comment").distinct().count() == LISTED
    assert dict(Comment.objects.values_list("pk", "status")) == before
    assert Notice.objects.count() == 0

    fragile.workers[-1].kill()
    action = bulk.order_rescan(made, editor)
    assert action is not None
    assert action.finished_at is None
    worker = fragile.start_worker()
    wait_for(lambda: done() > 100, 600, every=0.05)
    worker.kill()
    assert 100 < done() < LISTED
    release(BulkAction)
    fragile.start_worker()
    wait_for(lambda: BulkAction.objects.exclude(finished_at=None).count() == 1, 900, every=1)
    assert Counter(Comment.objects.values_list("status", flat=True)) == {"held": LISTED, "approved": MANY - LISTED}
    assert Decision.objects.filter(kind="rescan").count() == LISTED
    assert Notice.objects.count() == Notice.objects.values("comment").distinct().count() == LISTED
    bulk.order_undo(action, editor)
    wait_for(lambda: BulkAction.objects.exclude(finished_at=None).count() == 2, 900, every=1)
    assert dict(Comment.objects.values_list("pk", "status")) == before
    assert Notice.objects.count() == Notice.objects.filter(state=Notice.State.DROPPED).count() == LISTED
