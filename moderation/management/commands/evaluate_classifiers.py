"""Evaluate the text models: on a labelled file, or on every slice of the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.classifiers import model
from moderation.training import data, evaluate


class Command(BaseCommand):
    help = "Precision, recall, false-positive rate and PR-AUC of the text models, by slice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", type=Path, help="CSV file with the columns text, label (0 or 1) and optionally slice")
        parser.add_argument("--head", choices=data.HEADS, help="the head to evaluate; needed with --data")
        parser.add_argument("--out", type=Path, help="with --data: write label, slice, score, probability, action of each row")
        parser.add_argument("--data-dir", type=Path, help="folder with the training data: evaluates on all its slices")
        parser.add_argument("--write-card", action="store_true", help="with --data-dir: write the figures beside the artefacts")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["data"] is not None:
                if options["head"] is None:
                    raise CommandError("--data needs --head.")
                figures = evaluate.evaluate_file(options["data"], options["head"], options["out"], self.stderr.write)
                self.stdout.write("\n".join(evaluate.table(figures)))
                return
            if options["data_dir"] is None:
                raise CommandError("Give --data with --head, or --data-dir.")
            heads = data.HEADS if options["head"] is None else (options["head"],)
            found, spent = evaluate.evaluate(options["data_dir"], heads)
        except (data.DataError, model.ModelError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}.") from error
        card = evaluate.card(found, spent)
        self.stdout.write(card)
        if options["write_card"]:
            (model.FOLDER / evaluate.CARD).write_text(card, encoding="utf-8")
