"""A stack of its own for each test: what is broken here must not limp into the next test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.db.models import Count
from django.utils import timezone

from comments.models import Comment
from comments.states import Status
from moderation.models import BulkAction, Decision, Replay
from newsroom.models import Article
from tests.conftest import live_environment
from tests.processes import RedisServer, Stack, wait_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/faults" in str(item.path):
            item.add_marker(pytest.mark.faults)


@pytest.fixture
def run_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="balasan-fault-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_redis(run_dir: Path) -> Iterator[RedisServer]:
    server = RedisServer(run_dir / "redis.sock", run_dir / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def fragile(transactional_db: None, run_dir: Path, own_redis: RedisServer) -> Iterator[Stack]:
    """A web server on a Redis of its own, with short times and the hazard check; the test starts the workers."""
    environment = {
        **live_environment(),
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "REDIS_URL": own_redis.url,
        "HAZARD_DIR": str(run_dir),
    }
    stack = Stack(run_dir, environment)
    stack.start_web()
    yield stack
    stack.stop()
    print(stack.logs()[-6000:])  # shown by pytest beside a failure


Post = Callable[..., Comment]


@pytest.fixture
def post(fragile: Stack) -> Iterator[Post]:
    """Send a reply by the form; the row that answers for it."""
    http = fragile.client()

    def send(article: Article, text: str, author: str = "Dewi", **fields: str) -> Comment:
        data = {"comment": text, "author": author, "email": f"{author.lower()}@contoh.example", **fields}
        answer = http.post(f"/artikel/{article.slug}/balasan/", data=data)
        assert answer.status_code == 303, answer.text[:500]
        return Comment.objects.get(public_id=answer.headers["location"].rpartition("-")[2])

    yield send
    http.close()


def decided(*comments: Comment, seconds: float = 120) -> None:
    """Wait until none of the comments is pending."""
    ids = [comment.pk for comment in comments]
    wait_for(lambda: not Comment.objects.filter(pk__in=ids, status=Status.PENDING).exists(), seconds, every=0.1)
    for comment in comments:
        comment.refresh_from_db()


def check_invariants(answered: list[Comment] | None = None) -> None:
    """What must hold after every fault, see docs/reliability.md."""
    for comment in answered or []:
        assert Comment.objects.filter(public_id=comment.public_id).count() == 1
    for comment in Comment.objects.filter(status=Status.APPROVED):
        last = Decision.objects.filter(comment=comment, revision=comment.revision).last()
        assert last is not None, "public without a decision for its present revision"
        assert last.outcome == Status.APPROVED
    screened = Decision.objects.filter(kind=Decision.Kind.SCREENING).values("comment", "revision")
    assert not screened.annotate(times=Count("pk")).filter(times__gt=1).exists()
    assert not Comment.objects.overdue().exists()


def busyness(stack: Stack) -> float:
    """The seconds that an answer takes which waits for nothing: what a promise in seconds has to be read with on a busy machine."""
    return max(httpx.get(f"{stack.url}/healthz", timeout=30).elapsed.total_seconds() for _ in range(3))


def release(kind: type[BulkAction | Replay]) -> None:
    """Let the lease of a killed worker end now: the clock's part in it is the one thing that needs no waiting for."""
    kind._default_manager.filter(finished_at=None).update(due_at=timezone.now())


def let_go(run_dir: Path) -> None:
    """End the wait of a check that was told to TUNGGU."""
    (run_dir / "go").touch()
