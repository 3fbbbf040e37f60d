"""The demo newsroom: publications, sections and articles of seeds/, loaded into an empty database only."""

from __future__ import annotations

import tomllib
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsroom.documents import Document, parse
from newsroom.importing import find_section, import_document, make_section
from newsroom.models import CommentMode, Publication


def seed(*, dry_run: bool = False) -> dict[str, int]:
    """Load the demo; how many rows of each kind were (or would be) made. Nothing where there is a publication already.

    Raises ValueError, naming the file, where a seed is wrong; then nothing was written.
    """
    if Publication.objects.exists():
        return {}
    with (settings.SEEDS_DIR / "publications.toml").open("rb") as file:
        publications = tomllib.load(file)["publication"]
    documents = read_documents()
    counts = {
        "publications": len(publications),
        "sections": sum(len(each["sections"]) for each in publications),
        "articles": len(documents),
    }
    if not dry_run:
        with transaction.atomic():
            for each in publications:
                names = each.pop("sections")
                publication = Publication.objects.create(**each)
                for position, name in enumerate(names):
                    make_section(publication, name, position)
            for document in documents:
                load(document)
    return counts


def read_documents() -> list[Document]:
    documents = []
    for path in sorted((settings.SEEDS_DIR / "articles").glob("*.md")):
        try:
            documents.append(parse(path.read_text("utf-8")))
        except ValueError as error:
            raise ValueError(f"{path.name} {error}") from error
    return documents


def load(document: Document) -> None:
    """One article, as old as its front matter says (`hours`), with its wishes for comments (`comments: open | before | closed`)."""
    meta = document.meta
    publication = Publication.objects.get(slug=meta["publication"])
    section = find_section(publication, meta["section"])
    if section is None:
        raise ValueError(f"{meta['slug']} names the section {meta['section']!r}, which {publication} does not have")
    published = timezone.now() - timedelta(hours=float(meta["hours"]))
    article = import_document(document, section, published, slug=meta["slug"]).article
    wish = meta.get("comments", "open")
    if wish == "before":
        article.comment_mode = CommentMode.BEFORE
    elif wish == "closed":
        article.comments_close_at = published + timedelta(hours=72)
    elif wish != "open":
        raise ValueError(f"{meta['slug']} says comments: {wish}, which is none of open, before, closed")
    article.save()
