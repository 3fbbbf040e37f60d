"""`manage.py calibrate_thresholds`: propose thresholds from a publication's own approved comments, and put them into force if told to."""

from __future__ import annotations

import argparse
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from moderation import calibration, thresholds, variants
from moderation.access import publications_for
from moderation.calibration import BANDS, Calibration
from newsroom.models import Publication


class Command(BaseCommand):
    help = "Propose thresholds of the text models from a publication's approved comments; --by NAME puts them into force in that name."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--publication", metavar="HOST", help="host or slug of one publication (default: each of them)")
        parser.add_argument("--one-in", type=int, default=calibration.ONE_IN, help="of so many approved comments one would have waited")
        parser.add_argument("--by", metavar="NAME", help="the person who puts the proposed thresholds into force")
        parser.add_argument("--dry-run", action="store_true", help="write nothing, whoever --by names")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["one_in"] < 2:
            raise CommandError("--one-in must be 2 or more.")
        rows = Publication.objects.order_by("pk")
        if options["publication"]:
            rows = rows.filter(host=options["publication"]) | rows.filter(slug=options["publication"])
            if not rows:
                raise CommandError(f"There is no publication '{options['publication']}'.")
        by = self.person(options["by"], list(rows)) if options["by"] else None
        few = 0
        for publication in rows:
            found = calibration.calibrate(publication, one_in=options["one_in"])
            self.stdout.write("\n".join(lines_of(publication, found)))
            few += not found.proposals
            if by is None or options["dry_run"]:
                continue
            for each in found.proposals:
                if each.is_other:
                    models = variants.now(publication.pk).models
                    basis = {"approved": found.approved, "one_in": found.one_in}
                    why = f"Calibrated from {found.approved} approved comments, one in {found.one_in} waits"
                    thresholds.set_thresholds(publication, each.head, (each.strict, each.queue), why=why, by=by, basis=basis, models=models)
                    self.stdout.write(f"  {each.head}: in force")
        if few and few == len(rows):
            raise CommandError("Too few approved comments to propose anything.")

    def person(self, name: str, wanted: list[Publication]) -> User:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is nobody called '{name}'.")
        if not set(wanted) <= set(publications_for(user, "moderation.add_threshold")):
            raise CommandError(f"{name} may not set thresholds there.")
        return user


def lines_of(publication: Publication, found: Calibration) -> list[str]:
    """A calibration as somebody reads it in a terminal."""
    lines = [f"{publication}: {found.approved} approved comments, one in {found.one_in}"]
    lines += [f"  {head}: its model cannot be used" for head in found.unusable]
    if not found.proposals:
        return [*lines, f"  too few: {calibration.LEAST} are needed"]
    for each in found.proposals:
        lines.append(
            f"  {each.head}: queue {each.now_queue:.6f} -> {each.queue:.6f}, strict {each.now_strict:.6f} -> {each.strict:.6f}; "
            f"of the approved {each.would_wait_now} -> {each.would_wait} would have waited"
        )
        bands = (f"{low:g}-{high:g}: {count}" for low, high, count in zip(BANDS, BANDS[1:], each.bands, strict=False))
        lines.append(f"    probabilities  {'  '.join(bands)}")
        lines += [
            f"    last {change.days} days: {change.otherwise} of {change.comments} otherwise "
            f"(queue {change.queue_now} -> {change.queue_then}, strict {change.strict_now} -> {change.strict_then})"
            for change in each.changes
        ]
    return lines
