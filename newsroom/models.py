"""What a newsroom publishes: publications, sections, articles. Knows nothing of comments but the editors' wishes for them."""

from __future__ import annotations

import zoneinfo
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


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

    class Meta:
        ordering = ["id"]
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        constraints = [models.UniqueConstraint(fields=["host"], condition=~Q(host=""), name="publication_host_once")]

    def __str__(self) -> str:
        return self.name


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


class Article(models.Model):
    """A text that readers reply to. `body` is plain text; an empty line parts two paragraphs, `## ` begins a subheading."""

    section = models.ForeignKey(Section, on_delete=models.PROTECT, related_name="articles", verbose_name=_("section"))
    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    title = models.CharField(_("title"), max_length=250)
    lead = models.TextField(_("lead"), blank=True)
    body = models.TextField(_("body"))
    byline = models.CharField(_("byline"), max_length=120, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, db_index=True, default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    comments_enabled = models.BooleanField(_("comments allowed"), default=True)
    comments_close_at = models.DateTimeField(_("comments close at"), null=True, blank=True)
    comment_mode = models.CharField(_("comments"), max_length=8, choices=CommentMode.choices, default=CommentMode.INHERIT, blank=True)
    source_key = models.CharField(
        max_length=64, null=True, blank=True, unique=True, editable=False
    )  # digest of the imported document, so that a second import changes nothing

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("article", kwargs={"slug": self.slug})

    @property
    def publication(self) -> Publication:
        return self.section.publication

    @property
    def paragraphs(self) -> list[str]:
        return [block.strip() for block in self.body.split("\n\n") if block.strip()]

    def comments_open(self, now: datetime | None = None) -> bool:
        """Whether a reply is accepted at this moment."""
        now = now or timezone.now()
        if not self.comments_enabled or self.published_at is None or self.published_at > now:
            return False
        return self.comments_close_at is None or now < self.comments_close_at

    @property
    def comment_mode_in_force(self) -> CommentMode:
        return CommentMode(self.comment_mode or self.section.comment_mode or self.publication.comment_mode)
