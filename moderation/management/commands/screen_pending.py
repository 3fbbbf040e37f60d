"""`manage.py screen_pending`: run the checks on what is overdue, here and now, without Redis or a worker."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from comments.models import Comment
from comments.states import Status
from moderation.screening import screen

BATCH = 200


class Command(BaseCommand):
    help = "Screen the comments that wait for their checks and are due. Harmless beside running workers: each comment is claimed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="those that are not due yet as well, such as ones that a worker has now")
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, and do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Comment.objects.filter(status=Status.PENDING).order_by("pk") if options["all"] else Comment.objects.overdue().order_by("pk")
        try:
            total = rows.count()
            if options["dry_run"]:
                self.stdout.write(f"{total} would be screened")
                return
            decided = self.screen_all(rows, total)
        except DatabaseError as error:
            raise CommandError(f"The database does not answer ({type(error).__name__}).") from error
        self.stdout.write(f"{decided} decided, {total - decided} left to others or changed meanwhile")

    def screen_all(self, rows: Any, total: int) -> int:
        """By primary key upwards, so that each is tried once, whatever becomes of it; how many were decided."""
        seen = decided = last = 0
        while batch := list(rows.filter(pk__gt=last).values_list("pk", "revision", "screen_attempts")[:BATCH]):
            for pk, revision, attempts in batch:
                seen, last = seen + 1, pk
                decided += screen(pk, revision, attempts) is not None
            if total > BATCH:
                self.stdout.write(f"{seen} of {total}")
        return decided
