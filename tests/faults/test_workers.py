"""Workers that die, hang or never were: nothing is lost, nothing is decided twice."""

from __future__ import annotations

import signal
from pathlib import Path

from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from comments.text import to_html
from moderation.models import Decision, Finding
from tests.environment import DATABASE
from tests.factories import make_article
from tests.faults.conftest import Post, check_invariants, decided, let_go
from tests.processes import Stack, wait_for


def test_worker_killed_in_the_middle_of_a_check(fragile: Stack, post: Post, run_dir: Path) -> None:
    worker = fragile.start_worker().wait_until_ready()
    comment = post(make_article(), "Berita yang menarik sekali. TUNGGU")
    wait_for((run_dir / "began").exists)
    worker.kill()
    comment.refresh_from_db()
    assert (comment.status, comment.screen_attempts) == (Status.PENDING, 1)
    let_go(run_dir)
    fragile.start_worker().wait_until_ready()
    decided(comment)
    assert comment.status == Status.HELD
    assert Decision.objects.count() == 1
    assert comment.screen_attempts == 2
    check_invariants([comment])


def test_only_the_child_of_a_worker_killed(fragile: Stack, post: Post, run_dir: Path) -> None:
    worker = fragile.start_worker(beat=True).wait_until_ready()
    comment = post(make_article(), "Berita yang menarik sekali. SEKALI")
    decided(comment)
    assert worker.popen.poll() is None
    assert (run_dir / "once").exists()
    assert comment.status == Status.HELD
    assert comment.screen_attempts == 2
    assert Decision.objects.count() == 1
    check_invariants([comment])


def test_a_text_that_kills_its_worker_each_time_is_held_after_three_attempts(fragile: Stack, post: Post) -> None:
    fragile.start_worker(HAZARD_LEASE="0.5").wait_until_ready()
    article = make_article()
    poison, harmless = post(article, "Teks ini BUNUH pekerja."), post(article, "Teks ini tidak apa-apa.", "Rudi")
    decided(poison, harmless)
    assert poison.status == harmless.status == Status.HELD
    assert poison.screen_attempts == 4
    decision = Decision.objects.get(comment=poison)
    assert decision.reason == "check_failed"
    assert list(Finding.objects.filter(comment=poison).values_list("check_name", "label")) == [("screening", "error")]
    assert Decision.objects.get(comment=harmless).reason == "new_author"
    check_invariants([poison, harmless])


def test_a_text_that_hangs_a_check_beyond_its_alarm_is_held(fragile: Stack, post: Post) -> None:
    comment = post(make_article(), "Teks ini MACET di jalan.")
    flush_broker(fragile)  # a message brings its sender's time limit along: each one is to be the worker's own
    fragile.start_worker(HAZARD_LEASE="0.5", HAZARD_TASK_SECONDS="3")
    decided(comment)
    assert comment.status == Status.HELD
    assert Decision.objects.get().reason == "check_failed"
    check_invariants([comment])


def test_a_check_that_raises_or_is_too_slow_says_error_and_the_others_still_speak(fragile: Stack, post: Post) -> None:
    fragile.start_worker(HAZARD_CHECK_SECONDS="4").wait_until_ready()
    article = make_article()
    raising, slow = post(article, "Teks ini MELEDAK."), post(article, "Teks ini lambat. TUNGGU", "Rudi")
    decided(raising, slow)
    for comment, error in ((raising, "RuntimeError"), (slow, "CheckTimeout")):
        assert comment.status == Status.HELD
        assert comment.screen_attempts == 1
        assert Decision.objects.get(comment=comment).reason == "check_failed"
        finding = Finding.objects.get(comment=comment, check_name="tests.faults.hazard")
        assert (finding.label, finding.detail) == ("error", {"error": error})
        assert Finding.objects.filter(comment=comment).exclude(label="error").count() >= 7
    assert "MELEDAK" not in fragile.logs()
    check_invariants([raising, slow])


def test_no_worker_at_all_and_then_one_without_beat(fragile: Stack, post: Post) -> None:
    """The sweep at the worker's start finds what waited, even though every message was thrown away."""
    article = make_article()
    comments = [post(article, f"Pesan nomor {number} untuk redaksi.", f"Pembaca{number}") for number in range(3)]
    Comment.objects.update(screen_due_at=timezone.now())
    flush_broker(fragile)
    fragile.start_worker(beat=False)
    decided(*comments)
    assert Decision.objects.count() == 3
    check_invariants(comments)


def test_two_workers_with_two_beats_decide_once(fragile: Stack, post: Post) -> None:
    for _ in range(2):
        fragile.start_worker(HAZARD_LEASE="120")  # nobody is so slow that the other one has to try, too
    for worker in fragile.workers:
        worker.wait_until_ready()
    article = make_article()
    comments = [post(article, f"Pesan nomor {number} untuk redaksi.", f"Pembaca{number}") for number in range(20)]
    decided(*comments)
    assert Decision.objects.count() == 20
    assert {comment.screen_attempts for comment in comments} == {1}
    check_invariants(comments)


def test_workers_ended_and_started_under_load(fragile: Stack, post: Post) -> None:
    article, comments = make_article(), []
    worker = fragile.start_worker().wait_until_ready()
    for number in range(60):
        comments.append(post(article, f"Pesan nomor {number} untuk redaksi.", f"Pembaca{number}"))
        if number % 15 == 14:
            worker.signal(signal.SIGTERM) if number % 30 == 14 else worker.kill()
            worker = fragile.start_worker()
    decided(*comments)
    assert Decision.objects.count() == 60
    check_invariants(comments)


# Ten thousand where there is one writer. On PostgreSQL they were seen, too, and are the same work five times over.
PENDING = 10_000 if DATABASE == "sqlite" else 2_000


def test_thousands_pending_after_an_outage(fragile: Stack) -> None:
    article = make_article()
    texts = [f"Komentar lama nomor {number} menunggu giliran." for number in range(PENDING)]
    rows = [
        Comment(article=article, author_name=f"N{n}", body_raw=t, body_html=to_html(t), body_text=t, screen_due_at=timezone.now())
        for n, t in enumerate(texts)
    ]
    Comment.objects.bulk_create(rows, batch_size=2_000)
    for _ in range(2):
        fragile.start_worker(HAZARD_LEASE="20", HAZARD_SWEEP="5")
    wait_for(lambda: not Comment.objects.filter(status=Status.PENDING).exists(), 1_200, every=1)
    # All but the first ones are copies of each other to the checks, from thousands of names: held or spam, none public.
    assert Comment.objects.filter(status__in=[Status.HELD, Status.SPAM]).count() == PENDING
    assert Decision.objects.count() == PENDING
    check_invariants()


def flush_broker(stack: Stack) -> None:
    import redis

    redis.Redis.from_url(stack.environment["REDIS_URL"]).flushall()
