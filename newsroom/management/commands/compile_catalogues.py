"""`manage.py compile_catalogues`: makes the .mo files, without gettext."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from newsroom.catalogues import BadCatalogue, compile_catalogues


class Command(BaseCommand):
    help = "Make the binary message catalogues that are missing or out of date. Running it twice changes nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = compile_catalogues()
        except (BadCatalogue, OSError) as error:
            raise CommandError(f"The catalogues were not made: {error}") from error
        self.stdout.write(f"{made} made")
