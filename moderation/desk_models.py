"""What moderators keep for themselves and for each other. Notes and hand-overs are only ever added to."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import AppendOnly, Comment
from newsroom.models import Article, Publication


class Presence(models.Model):
    """A moderator has a comment on the screen that a colleague has claimed. The claim's owner is shown by the claim itself."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="present", db_index=False)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        constraints = [models.UniqueConstraint(fields=["comment", "moderator"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.moderator_id}"


class Assignment(models.Model):
    """A comment is for one moderator to decide: nobody else is handed it. Ends with the decision."""

    comment = models.OneToOneField(Comment, on_delete=models.CASCADE, primary_key=True, related_name="assignment")
    moderator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("assigned to")
    )
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("assigned by"))
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.moderator_id}"


class Note(AppendOnly):
    """Words about a comment for colleagues. Never sent to anybody, never part of a decision."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="notes", db_index=False)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("moderator"))
    text = models.TextField(_("note"))
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["comment", "created_at"], name="note_comment")]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="note_says_something")]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.created_at}"


class Handover(AppendOnly):
    """What one shift tells the next. About one publication, or about all of them."""

    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("moderator"))
    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("publication")
    )
    text = models.TextField(_("note"))
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False, db_index=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="handover_says_something")]

    def __str__(self) -> str:
        return f"{self.moderator_id}: {self.created_at}"


class Watch(models.Model):
    """An article whose comments a moderator keeps an eye on."""

    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches", db_index=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("watched article")
        verbose_name_plural = _("watched articles")
        constraints = [models.UniqueConstraint(fields=["moderator", "article"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.moderator_id}: {self.article_id}"


class SavedView(models.Model):
    """A place in the queue under a name. A shared one is offered to all colleagues; each sees in it what lies in their own scope."""

    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views", db_index=False)
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(max_length=600)  # as `Place.query` writes it
    shared = models.BooleanField(_("for all colleagues"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "id"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [models.UniqueConstraint(fields=["moderator", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name


class DeskPreference(models.Model):
    """How somebody wants to work. Nobody without a row has anything switched on but the hint to pause."""

    moderator = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="desk")
    blur = models.BooleanField(_("cover harsh texts until I ask for them"), default=False)
    mixed = models.BooleanField(_("no two harsh texts in a row, where others wait as well"), default=False)
    break_minutes = models.PositiveSmallIntegerField(
        _("hint at a pause after so many minutes"), default=50, validators=[MaxValueValidator(240)], help_text=_("0 for never.")
    )
    rested_at = models.DateTimeField(null=True, blank=True, editable=False)
    handover_read_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("way of working")
        verbose_name_plural = _("ways of working")

    def __str__(self) -> str:
        return str(self.moderator_id)
