"""Real comments through the API while the worker is killed again and again: none lost, none decided twice."""

from __future__ import annotations

import csv
import gzip
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from comments.models import Comment
from comments.states import Status
from moderation.models import Decision, Finding
from tests.conftest import live_environment, shared_data
from tests.factories import make_article
from tests.faults.conftest import check_invariants
from tests.processes import Stack, wait_for

COUNT = 345
KILLS = 5


def real_texts() -> list[str]:
    """345 different comments as people wrote them: promotion, reviews and eleven regional languages. Read here, kept nowhere."""
    files = (("gambling_comments_id.csv.gz", 145), ("reviews_id.csv.gz", 100), ("sentences_12_languages.csv.gz", 100))
    texts: dict[str, None] = {}
    for name, count in files:
        with gzip.open(shared_data(name), "rt", encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            fresh = (row["text"].strip()[:5_000] for row in rows)
            for text in itertools.islice((text for text in fresh if len(text) > 3 and text not in texts), count):
                texts[text] = None
    assert len(texts) == COUNT
    return list(texts)


@pytest.mark.faults
def test_345_real_comments_while_the_worker_is_killed_five_times(transactional_db: None, tmp_path: Path) -> None:
    texts = real_texts()
    stack = Stack(tmp_path, {**live_environment(), "DJANGO_SETTINGS_MODULE": "tests.faults.settings", "HAZARD_DIR": str(tmp_path)})
    article = make_article()
    try:
        stack.start_web()
        worker = stack.start_worker().wait_until_ready()

        def post(numbered: tuple[int, str]) -> str:
            number, text = numbered
            with stack.client() as http:
                answer = http.post(
                    f"/api/v1/articles/{article.slug}/comments/",
                    json={"author_name": f"Pembaca {number}", "author_email": f"p{number}@contoh.example", "body": text},
                    headers={"Idempotency-Key": f"nomor-{number}"},
                )
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        ids: list[str] = []
        step = COUNT // (KILLS + 1) + 1
        with ThreadPoolExecutor(4) as pool:
            for begin in range(0, COUNT, step):
                ids += pool.map(post, enumerate(texts[begin : begin + step], start=begin))
                if begin + step < COUNT:
                    worker.kill()
                    worker = stack.start_worker()
        assert len(set(ids)) == COUNT
        wait_for(lambda: not Comment.objects.filter(status=Status.PENDING).exists(), 600, every=0.3)
    finally:
        stack.stop()
    assert set(Comment.objects.values_list("public_id", flat=True)) == set(ids)
    assert Decision.objects.filter(kind="screening").count() == COUNT
    assert set(Comment.objects.values_list("status", flat=True)) <= {Status.HELD, Status.SPAM}
    assert not Finding.objects.filter(label="error").exists()
    kept = set(Comment.objects.values_list("body_raw", flat=True))
    assert len(kept) == COUNT
    check_invariants()
    log = stack.logs()
    assert not any(text in log for text in texts if len(text) > 30)
