"""Make a key for another program and show it, this once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from moderation.api_keys import make_key
from moderation.models import ApiKey


class Command(BaseCommand):
    help = "Make an API key. It is printed once and kept as a hash."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for, such as the program that will use it")
        parser.add_argument("--scope", action="append", choices=ApiKey.Scope.values, help="what it may; can be given again; default score")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, and make nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = options["scope"] or [ApiKey.Scope.SCORE.value]
        if options["dry_run"]:
            self.stdout.write(f"Would make the key '{options['name']}' for {', '.join(scopes)}.")
            return
        try:
            _key, secret = make_key(options["name"], scopes)
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
        self.stderr.write("Keep it now: it is not shown again.")
