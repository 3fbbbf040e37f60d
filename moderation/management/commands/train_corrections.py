"""`manage.py train_corrections`: learn from the moderators' decisions here and now, as beat does every few hours."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation import learning
from moderation.scoring import HEADS
from newsroom.models import Publication


class Command(BaseCommand):
    help = "Train each publication's corrections of the text models from its decisions, into shadow. Nothing is put into force."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--publication", metavar="HOST", help="host or slug of one publication (default: each of them)")
        parser.add_argument("--head", action="append", choices=HEADS, help="this model only; may be given more than once")
        parser.add_argument("--dry-run", action="store_true", help="train and tell the figures, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Publication.objects.order_by("pk")
        if options["publication"]:
            rows = rows.filter(host=options["publication"]) | rows.filter(slug=options["publication"])
            if not rows:
                raise CommandError(f"There is no publication '{options['publication']}'.")
        work = learning.train if options["dry_run"] else learning.learn
        for publication in rows:
            for head in options["head"] or HEADS:
                trained, _digest = work(publication, head)
                self.stdout.write(f"{publication}, {head}: {trained.outcome.value}, {trained.examples} examples")
                if trained.outcome == learning.Outcome.MADE:
                    figures = trained.figures
                    loss, wrong = figures["held_out"]["loss"], figures["held_out"]["wrong"]
                    self.stdout.write(
                        f"  on the latest {figures['held_out']['count']}: loss {loss[0]} -> {loss[1]}, wrong {wrong[0]} -> {wrong[1]}; "
                        f"fixed slices worse: {', '.join(figures['worse']) or 'none'}"
                    )
