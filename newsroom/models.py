"""What a newsroom publishes: publications, sections, articles. Knows nothing of comments but the editors' wishes for them."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom import addresses, hosts


class CommentMode(models.TextChoices):
    """When a clean comment becomes public. The nearest answer counts: article, then section, then publication."""

    INHERIT = "", _("as the level above")
    AFTER = "after", _("clean text is published")
    BEFORE = "before", _("every comment waits for a person")


class CommentAccess(models.TextChoices):
    """What a reader must have shown before their reply is taken."""

    ANYBODY = "anybody", _("nothing: anybody may reply")
    EMAIL = "email", _("a confirmed e-mail address")
    ACCOUNT = "account", _("an account")


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a time zone; write it like Asia/Jakarta."), params={"name": name})


def check_address(address: str) -> None:
    """Refuse what no article can have as its address."""
    try:
        addresses.key_of(address)
    except addresses.BadAddress as error:
        raise ValidationError(_("Write the whole address of the page, like https://koran.example/berita/jembatan.")) from error


class Publication(models.Model):
    """A masthead with its own language and rules. An installation can hold several; `host` says which one an address belongs to."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), unique=True)
    tagline = models.CharField(_("tagline"), max_length=200, blank=True)
    host = models.CharField(
        _("host"), max_length=253, blank=True, help_text=_("The host name that shows this publication; empty for the default one.")
    )
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="id")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Asia/Jakarta", validators=[check_time_zone])
    comment_mode = models.CharField(
        _("comments"),
        max_length=8,
        choices=[choice for choice in CommentMode.choices if choice[0]],
        default=CommentMode.AFTER,
    )
    comment_access = models.CharField(
        _("required of who replies"),
        max_length=8,
        choices=CommentAccess.choices,
        default=CommentAccess.ANYBODY,
        db_default=CommentAccess.ANYBODY.value,
        help_text=_("What a reader sends before that is kept for them, and goes on once they have shown it."),
    )
    reject_grave = models.BooleanField(
        _("refuse grave insults at once"),
        default=False,
        db_default=False,
        help_text=_(
            "A comment is refused without a person, and its author told why, where a phrase of severity 3 from your own list stands in it "
            "and the text model is sure of abuse. Otherwise it waits for a person."
        ),
    )
    embed_registers = models.BooleanField(
        _("take up articles of listed sites by themselves"),
        default=False,
        db_default=False,
        help_text=_("An address on a site listed below that nobody has entered becomes an article with its first reply."),
    )

    class Meta:
        ordering = ["id"]
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        constraints = [models.UniqueConstraint(fields=["host"], condition=~Q(host=""), name="publication_host_once")]

    def __str__(self) -> str:
        return self.name


class EmbedHost(models.Model):
    """Another site that may show the publication's threads. None listed: only our own pages may."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="embed_hosts", verbose_name=_("publication"))
    host = models.CharField(
        _("host"),
        max_length=260,
        help_text=_(
            "koran.example for that site, *.koran.example for all below it; with :8443 behind it where the port is not the usual one."
        ),
    )

    class Meta:
        ordering = ["host"]
        verbose_name = _("site that may embed")
        verbose_name_plural = _("sites that may embed")
        constraints = [models.UniqueConstraint(fields=["publication", "host"], name="embed_host_once")]

    def __str__(self) -> str:
        return self.host

    def clean(self) -> None:
        try:
            self.host = hosts.read_rule(self.host)
        except hosts.BadHost as error:
            words = {
                "form": _("Write the name of a site without https:// and path, like koran.example or *.koran.example."),
                "port": _("A port is a number up to 65535."),
                "wide": _("That would be far too many sites. Write at least *.koran.example."),
            }
            raise ValidationError({"host": words[error.code]}) from error


class Section(models.Model):
    """A part of a publication, such as "Internasional"."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="sections", verbose_name=_("publication"))
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(_("slug"), unique=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    comment_mode = models.CharField(_("comments"), max_length=8, choices=CommentMode.choices, default=CommentMode.INHERIT, blank=True)

    class Meta:
        ordering = ["position", "name"]
        verbose_name = _("section")
        verbose_name_plural = _("sections")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("section", kwargs={"slug": self.slug})


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> ArticleQuerySet:
        """What readers may see now, newest first, with the section and publication that every page shows."""
        return self.filter(published_at__lte=timezone.now()).select_related("section__publication").order_by("-published_at", "-id")

    def hosted(self) -> ArticleQuerySet:
        """Those whose text stands on our own pages: what our lists, feeds and the sitemap name."""
        return self.filter(canonical_url="")

    def at(self, key: str) -> ArticleQuerySet:
        """The one that has, or once had, an address with this key (`addresses.key_of`)."""
        return self.filter(addresses__key=key)


class Article(models.Model):
    """A text that readers reply to. `body` is plain text; an empty line parts two paragraphs, `## ` begins a subheading."""

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="articles", verbose_name=_("section"))
    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=250)
    lead = models.TextField(_("lead"), blank=True)
    body = models.TextField(_("body"), blank=True)
    byline = models.CharField(_("byline"), max_length=120, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, db_index=True, default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    comments_enabled = models.BooleanField(_("comments allowed"), default=True)
    comments_close_at = models.DateTimeField(_("comments close at"), null=True, blank=True)
    comment_mode = models.CharField(_("comments"), max_length=8, choices=CommentMode.choices, default=CommentMode.INHERIT, blank=True)
    source_key = models.CharField(
        max_length=64, null=True, blank=True, unique=True, editable=False
    )  # digest of the imported document, so that a second import changes nothing

    canonical_url = models.CharField(
        _("address on another site"),
        max_length=addresses.LONGEST,
        blank=True,
        default="",
        db_default="",
        validators=[check_address],
        help_text=_("Where the article is read, if not here. A former address keeps leading to this thread."),
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Also keeps the address among the article's addresses, where it stays when the article moves."""
        super().save(*args, **kwargs)
        if self.canonical_url:
            key = addresses.key_of(self.canonical_url)
            ArticleAddress.objects.get_or_create(key=key, defaults={"article": self, "url": self.canonical_url})

    def get_absolute_url(self) -> str:
        return reverse("article", kwargs={"slug": self.slug})

    def clean(self) -> None:
        if not self.canonical_url:
            if not self.body.strip():
                raise ValidationError({"body": _("An article that is read here needs a text.")})
            return
        try:
            key = addresses.key_of(self.canonical_url)
        except addresses.BadAddress:
            return  # the field itself says so
        if ArticleAddress.objects.filter(key=key).exclude(article=self.pk).exists():
            raise ValidationError({"canonical_url": _("Another article has this address.")})

    @property
    def publication(self) -> Publication:
        return self.section.publication

    @property
    def read_at(self) -> str:
        """Where the article is read: its address on another site, or its own page here."""
        return self.canonical_url or self.get_absolute_url()

    @property
    def paragraphs(self) -> list[str]:
        return [block.strip() for block in self.body.split("\n\n") if block.strip()]

    def is_published(self, now: datetime | None = None) -> bool:
        """Whether readers may see it at this moment, as `published()` asks the database."""
        return self.published_at is not None and self.published_at <= (now or timezone.now())

    def comments_open(self, now: datetime | None = None) -> bool:
        """Whether a reply is accepted at this moment."""
        now = now or timezone.now()
        if not self.comments_enabled or not self.is_published(now):
            return False
        return self.comments_close_at is None or now < self.comments_close_at

    @property
    def comment_mode_in_force(self) -> CommentMode:
        return CommentMode(self.comment_mode or self.section.comment_mode or self.publication.comment_mode)


class ArticleAddress(models.Model):
    """An address on another site that an article has or had. `key` is the same for all of its spellings."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="addresses", verbose_name=_("article"))
    url = models.CharField(_("address"), max_length=addresses.LONGEST, validators=[check_address])
    key = models.CharField(max_length=addresses.LONGEST, unique=True, editable=False)

    class Meta:
        ordering = ["id"]
        verbose_name = _("address on another site")
        verbose_name_plural = _("addresses on other sites")

    def __str__(self) -> str:
        return self.url

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Nothing where the article has this address already: its own `save` keeps `canonical_url` here as well."""
        self.key = addresses.key_of(self.url)
        known = ArticleAddress.objects.filter(article=self.article_id, key=self.key).first()
        if known is not None and self._state.adding:
            self.pk, self._state.adding = known.pk, False
            return
        super().save(*args, **kwargs)

    def clean(self) -> None:
        try:
            key = addresses.key_of(self.url)
        except addresses.BadAddress:
            return  # the field itself says so
        if ArticleAddress.objects.filter(key=key).exclude(pk=self.pk).exists():
            raise ValidationError({"url": _("Another article has this address, or it stands here already.")})
