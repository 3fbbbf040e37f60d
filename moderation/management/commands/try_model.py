"""`manage.py try_model`: score newly trained artefacts in shadow, beside those that count."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation import variants
from moderation.classifiers import guard, model
from moderation.classifiers.model import ModelError
from moderation.scoring import HEADS


class Command(BaseCommand):
    help = "Put artefacts from a folder, as train_classifiers writes it, into shadow. A person promotes or discards them at the desk."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="folder with manifest.json and artefacts")
        parser.add_argument("--head", action="append", choices=HEADS, help="this model only; may be given more than once")
        parser.add_argument("--dry-run", action="store_true", help="compare on the fixed slices and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = done = 0
        for head in options["head"] or HEADS:
            try:
                _content, digest, candidate = variants.read_folder(options["folder"], head)
                worse = guard.worse(guard.compare(model.get(head), candidate))
                if not options["dry_run"]:
                    variants.try_artefact(options["folder"], head)
            except (ModelError, ValueError, variants.Moved) as error:
                failed += 1
                self.stderr.write(f"{head}: {error or 'somebody else was quicker'}")
                continue
            done += 1
            self.stdout.write(f"{head}: {digest[:12]} ({candidate.version}); fixed slices worse: {', '.join(worse) or 'none'}")
        if failed and not done:
            raise CommandError("Nothing was put into shadow.")
