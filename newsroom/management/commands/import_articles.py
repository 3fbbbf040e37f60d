"""Import plain-text and Markdown documents as articles. Running it twice changes nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from newsroom.documents import MOST_BYTES, BadDocument, Document, decode, parse
from newsroom.importing import find_section, import_document, make_section
from newsroom.models import Article, Publication, Section

DEFAULT_SECTION = "Umum"


class Command(BaseCommand):
    help = (
        "Import documents as articles: the first non-empty line is the title, empty lines part paragraphs, and a reply form at the end "
        "is cut off. A document that was imported before is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--publication", default="", help="slug of the publication; the first one if not given")
        parser.add_argument("--section", default="", help=f"name or slug of the section; made if missing (default: {DEFAULT_SECTION})")
        state = parser.add_mutually_exclusive_group()
        state.add_argument("--publish", action="store_true", help="show the articles at once (the default)")
        state.add_argument("--draft", action="store_true", help="keep the articles unpublished, for an editor to look at")
        parser.add_argument("--dry-run", action="store_true", help="read and judge everything, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        files: list[Path] = options["files"]
        publication = find_publication(options["publication"])
        created = known = 0
        refused: list[str] = []
        for number, path in enumerate(files, start=1):
            place = f"[{number}/{len(files)}] {path.name}"
            try:
                document = read_document(path)
                published_at = None if options["draft"] else date_of(document) or timezone.now()
                if options["dry_run"]:
                    new = not Article.objects.filter(source_key=document.digest).exists()
                    outcome = "would be imported" if new else "is already there"
                else:
                    section = section_for(publication, options["section"] or document.meta.get("section", ""))
                    result = import_document(document, section, published_at, slug=document.meta.get("slug", ""))
                    new = result.created
                    outcome = f"imported as {result.article.get_absolute_url()}" if new else "is already there"
            except BadDocument as error:
                refused.append(f"{path.name} {error}")
                self.stderr.write(f"{place}: refused, it {error}")
                continue
            created, known = created + new, known + (not new)
            self.stdout.write(f"{place}: {outcome}, {len(document.paragraphs)} paragraphs")
        verb = "to import" if options["dry_run"] else "imported"
        self.stdout.write(f"{created} {verb}, {known} already there, {len(refused)} refused.")
        if refused:
            raise CommandError(f"{len(refused)} of {len(files)} files were not imported: {'; '.join(refused[:5])}.")


def find_publication(slug: str) -> Publication:
    found = Publication.objects.filter(slug=slug).first() if slug else Publication.objects.first()
    if found is None:
        there = ", ".join(Publication.objects.values_list("slug", flat=True)) or "none"
        raise CommandError(
            f"There is no publication {slug!r}; there are: {there}." if slug else "There is no publication yet; add one first."
        )
    return found


def section_for(publication: Publication, name: str) -> Section:
    return find_section(publication, name or DEFAULT_SECTION) or make_section(publication, name or DEFAULT_SECTION)


def read_document(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise BadDocument("does not exist") from None
    except IsADirectoryError:
        raise BadDocument("is a folder") from None
    except OSError as error:
        raise BadDocument(f"cannot be read ({error.strerror})") from None
    return parse(decode(content))


def date_of(document: Document) -> datetime | None:
    """The front matter's `date`, a day or a moment, in the time zone of the settings where it names none."""
    given = document.meta.get("date", "")
    if not given:
        return None
    try:
        moment = parse_datetime(given)
        if moment is None and (day := parse_date(given)) is not None:
            moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001  (made aware below)
    except ValueError:
        moment = None
    if moment is None:
        raise BadDocument(f"has a date that is none: {given[:40]!r}; write it like 2026-11-22 or 2026-11-22 14:05")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
