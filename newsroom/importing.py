"""From a document to an article: once, whatever is tried twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from newsroom import addresses
from newsroom.documents import Document
from newsroom.models import Article, Publication, Section

MOST_SLUG = 120


@dataclass(frozen=True, slots=True)
class Imported:
    """`created` is False where the same document had been imported before; the article is then as its editors left it."""

    article: Article
    created: bool


def import_document(document: Document, section: Section, published_at: datetime | None, *, slug: str = "") -> Imported:
    """Make an article of the document, or find the one that it was made into before."""
    known = Article.objects.filter(source_key=document.digest).first()
    if known is not None:
        return Imported(known, created=False)
    try:
        with transaction.atomic():
            article = Article.objects.create(
                section=section,
                slug=free_slug(slug or document.title),
                title=document.title,
                lead=document.lead,
                body=document.body,
                byline=document.meta.get("byline", "")[:120],
                published_at=published_at,
                source_key=document.digest,
            )
    except IntegrityError:
        # Somebody imports the same document at the same moment; theirs stands.
        return Imported(Article.objects.get(source_key=document.digest), created=False)
    return Imported(article, created=True)


def register(address: str, section: Section) -> Article:
    """The article at an address on another site, made if it is new. Raises BadAddress."""
    key = addresses.key_of(address)
    for _attempt in range(3):
        if (known := Article.objects.at(key).first()) is not None:
            return known
        try:
            with transaction.atomic():
                title = addresses.title_from(address)
                article = Article.objects.create(section=section, slug=free_slug(title), title=title, canonical_url=address)
                if not article.addresses.filter(key=key).exists():
                    raise IntegrityError  # somebody else registers the same address at the same moment; theirs stands
                return article
        except IntegrityError:
            continue
    return Article.objects.at(key).get()


def free_slug(words: str) -> str:
    """A slug that no article has: of the title's words, with a number behind it where two articles have the same title."""
    base = slugify(words)[:MOST_SLUG].strip("-") or "artikel"
    taken = set(Article.objects.filter(slug__startswith=base[: MOST_SLUG - 6]).values_list("slug", flat=True))
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base[: MOST_SLUG - 6].rstrip('-')}-{number}"
    return slug


def find_section(publication: Publication, name: str) -> Section | None:
    """A publication's section by its slug or its name."""
    sections = Section.objects.filter(publication=publication)
    return sections.filter(slug=slugify(name)).first() or sections.filter(name__iexact=name.strip()).first()


def make_section(publication: Publication, name: str, position: int = 0) -> Section:
    """A new section; its slug carries the publication's where another publication has a section of the same name."""
    slug = slugify(name)[:50] or "rubrik"
    if Section.objects.filter(slug=slug).exists():
        slug = f"{publication.slug}-{slug}"[:50]
    return Section.objects.create(publication=publication, name=name.strip()[:80], slug=slug, position=position)
