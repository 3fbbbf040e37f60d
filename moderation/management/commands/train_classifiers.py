"""Train the text models from a folder of data and write their artefacts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.classifiers import model
from moderation.training import data


class Command(BaseCommand):
    help = "Train the text models (needs the extra 'training') and write artefacts with their hashes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data-dir", type=Path, required=True, help="folder with the training data")
        parser.add_argument("--out", type=Path, default=model.FOLDER, help="folder for the artefacts (default: the installed ones)")
        parser.add_argument(
            "--head", action="append", choices=("vocabulary", *data.HEADS), help="train this part only; may be given more than once"
        )
        parser.add_argument("--seed", type=int, help="another seed than the one that the shipped artefacts were trained with")
        parser.add_argument("--dry-run", action="store_true", help="read the data, tell the number of rows, train nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from moderation.training import train
        except ImportError as error:
            raise CommandError("Training needs scikit-learn: install the extra 'training'.") from error
        heads = tuple(options["head"] or train.PARTS)
        seed = train.SEED if options["seed"] is None else options["seed"]
        try:
            if options["dry_run"]:
                for head in filter(data.HEADS.__contains__, heads):
                    self.stdout.write(f"{head}: {len(train.rows_for(head, options['data_dir'], seed))} rows")
                return
            train.train(options["data_dir"], options["out"], heads, seed, tell=self.stdout.write)
        except ImportError as error:
            raise CommandError("Training needs scikit-learn: install the extra 'training'.") from error
        except data.DataError as error:
            raise CommandError(str(error)) from error
