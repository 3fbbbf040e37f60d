"""What a newsroom has laid down beside its phrases: rules and innocent words; and trying a change out. `moderation.models` has them all."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import Comment
from comments.states import Status
from moderation.reasons import Reason
from newsroom.models import Publication


class Rule(models.Model):
    """Conditions over facts and findings, and what follows; see `moderation.rules`. Changed by compare-and-set on `version`."""

    class Action(models.TextChoices):
        HOLD = "hold", _("hold for a person")
        SPAM = "spam", _("to the spam folder")
        SOONER = "sooner", _("show sooner in the queue")
        LATER = "later", _("show later in the queue")

    class Mode(models.TextChoices):
        SHADOW = "shadow", _("in shadow: recorded, decides nothing")
        ENABLED = "enabled", _("in force")
        OFF = "off", _("switched off")

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="rules", verbose_name=_("publication")
    )  # none: counts everywhere
    name = models.CharField(_("name"), max_length=80)
    note = models.CharField(_("note"), max_length=300, blank=True)
    conditions = models.JSONField(_("conditions"))
    action = models.CharField(_("action"), max_length=8, choices=Action.choices)
    weight = models.FloatField(_("by how much"), default=0.2)
    last = models.BooleanField(_("rules below are not asked"), default=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.SHADOW)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    promoted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("put into force by")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    # Since when the conditions are as they are: what the rule said before that was said by another rule.
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            # A person has looked at what it does in shadow, whatever writes this row.
            models.CheckConstraint(condition=~Q(mode="enabled") | Q(promoted_by__isnull=False), name="rule_in_force_by_a_person"),
            models.CheckConstraint(condition=Q(weight__gt=0, weight__lte=1), name="rule_weight_is_a_share"),
        ]

    def __str__(self) -> str:
        return self.name


class Innocent(models.Model):
    """A word or phrase that is harmless at a publication: words of the abuse lexicon inside it are not counted there."""

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="innocents", verbose_name=_("publication")
    )  # none: harmless everywhere
    pattern = models.CharField(_("word or phrase"), max_length=120)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["pattern"]
        verbose_name = _("innocent word")
        verbose_name_plural = _("innocent words")
        constraints = [
            models.UniqueConstraint(fields=["publication", "pattern"], name="innocent_once"),
            models.UniqueConstraint(fields=["pattern"], condition=Q(publication=None), name="innocent_once_everywhere"),
        ]

    def __str__(self) -> str:
        return self.pattern


class Replay(models.Model):
    """Old comments judged again, in batches, by `moderation.replays`: to try a change out, or to apply what counts by now."""

    class Kind(models.TextChoices):
        SIMULATION = "simulation", _("simulation")
        RESCAN = "rescan", _("second look at old comments")

    number = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="replays", verbose_name=_("moderator"))
    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("publication")
    )
    days = models.PositiveSmallIntegerField(_("days"))
    states = models.JSONField(default=list)  # of the comments, for a rescan
    draft = models.JSONField(_("change"), default=dict)  # of a simulation: see moderation.drafts
    total = models.PositiveIntegerField(default=0)  # comments in the range, counted when it was ordered
    cut_off = models.BooleanField(default=False)  # there were more than are looked at
    seen = models.PositiveIntegerField(default=0)
    cursor = models.PositiveBigIntegerField(default=0)  # comments below this primary key are still to be looked at
    table = models.JSONField(default=dict)  # {"held>approved": {"count": 3, "approved": 1, "refused": 0}, …}
    # Of the rulebook that all of the table was judged by, see moderation.edition; empty for those of older versions.
    edition = models.CharField(max_length=64, blank=True, default="", db_default="")
    restarts = models.PositiveSmallIntegerField(default=0, db_default=0)  # since the rulebook was changed while it ran
    mixed = models.BooleanField(default=False, db_default=False)  # changed so often that it was finished all the same
    seconds = models.FloatField(default=0.0)  # of work
    due_at = models.DateTimeField(default=timezone.now)  # until then some worker has it
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    discarded_at = models.DateTimeField(_("discarded"), null=True, blank=True)
    bulk = models.OneToOneField(
        "moderation.BulkAction", on_delete=models.PROTECT, null=True, blank=True, related_name="replay", verbose_name=_("bulk action")
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        indexes = [models.Index(fields=["due_at", "id"], name="replay_due", condition=Q(finished_at=None, discarded_at=None))]
        constraints = [
            models.CheckConstraint(condition=Q(applied_at=None) | Q(discarded_at=None), name="replay_applied_or_discarded"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class ReplayItem(models.Model):
    """A comment for which the verdict would be another one."""

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="items", db_index=False)
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="replay_items")
    revision = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices)  # of the comment, when it was looked at
    was = models.CharField(max_length=10, choices=Status.choices)  # as things are: judged (simulation), or its status (rescan)
    would = models.CharField(max_length=10, choices=Status.choices)
    reason = models.CharField(max_length=24, choices=Reason.choices)
    priority = models.FloatField(default=0.0)
    because = models.JSONField(default=list)  # names of the checks and rules that now speak differently
    findings = models.JSONField(default=list)  # those, as rows of Finding; a rescan writes them down with its decision
    person = models.CharField(max_length=10, blank=True)  # the last outcome by a person, if any: then nothing is applied

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["replay", "was", "would", "id"], name="replay_item_cell")]
        constraints = [models.UniqueConstraint(fields=["replay", "comment"], name="replay_item_once")]

    def __str__(self) -> str:
        return f"{self.replay_id}: {self.comment_id} {self.was} {self.would}"
