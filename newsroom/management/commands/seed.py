"""`manage.py seed`: the demo articles, people and comments of seeds/."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils.module_loading import import_string

Seeder = Callable[..., dict[str, int]]


class Command(BaseCommand):
    help = "Load the demo data of seeds/. What is there already is left as it is."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would be loaded, and load nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = run_seeders(dry_run=options["dry_run"])
        verb = "would be loaded" if options["dry_run"] else "loaded"
        self.stdout.write(f"{', '.join(f'{count} {name}' for name, count in loaded.items()) or 'nothing'} {verb}")


def run_seeders(*, dry_run: bool = False) -> dict[str, int]:
    """Run every function of settings.SEEDERS, in order: how many rows of each kind they made. Raises CommandError on bad data."""
    loaded: dict[str, int] = {}
    for path in settings.SEEDERS:
        seeder: Seeder = import_string(path)
        try:
            for name, count in seeder(dry_run=dry_run).items():
                loaded[name] = loaded.get(name, 0) + count
        except (ValueError, OSError) as error:
            raise CommandError(f"{path}: {error}") from error
    return loaded
