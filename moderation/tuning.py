"""What people have set for the text models: rows that are only added to, or moved by compare-and-set. `moderation.models` has them all."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models import AppendOnly
from newsroom.models import Publication


class Head(models.TextChoices):
    """The text models, by what each is asked; the same names as `moderation.scoring.HEADS`."""

    GAMBLING = "gambling", _("gambling")
    PROMOTION = "promotion", _("other advertising and fraud")
    ABUSE_ID = "abuse_id", _("abuse in Indonesian and regional languages")
    ABUSE_EN = "abuse_en", _("abuse in English")


class Threshold(AppendOnly):
    """From which probability a head's opinion counts at a publication. The latest row is in force; one without numbers goes back to
    the thresholds that are stored with the model."""

    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, related_name="thresholds", db_index=False, verbose_name=_("publication")
    )
    head = models.CharField(_("model"), max_length=12, choices=Head.choices)
    strict = models.FloatField(_("strict"), null=True, blank=True)
    queue = models.FloatField(_("queue"), null=True, blank=True)
    why = models.CharField(_("why"), max_length=300)
    model_hash = models.CharField(_("set for the model"), max_length=64, blank=True)
    basis = models.JSONField(_("basis"), default=dict, blank=True)  # of a calibration: {"approved": 4000, "one_in": 500}
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="thresholds_set", db_index=False, verbose_name=_("set by")
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("threshold")
        verbose_name_plural = _("thresholds")
        indexes = [models.Index(fields=["publication", "head", "-id"], name="threshold_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(strict=None, queue=None)
                | Q(strict__isnull=False, queue__isnull=False, queue__gt=0, queue__lte=F("strict"), strict__lte=1),
                name="threshold_in_order",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="threshold_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.publication_id}/{self.head}: {self.queue} {self.strict}"


class Variant(models.Model):
    """Another version of a head's model: an artefact to replace the shipped one everywhere, or a publication's correction of it.

    Its content never changes; its state moves by compare-and-set in `moderation.variants`, and each move is a VariantEvent.
    """

    class Kind(models.TextChoices):
        ARTEFACT = "artefact", _("other model")
        CORRECTION = "correction", _("correction from decisions")

    class State(models.TextChoices):
        SHADOW = "shadow", _("in shadow: recorded, decides nothing")
        LIVE = "live", _("in force")
        FORMER = "former", _("was in force")
        DISCARDED = "discarded", _("discarded")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    head = models.CharField(_("model"), max_length=12, choices=Head.choices)
    publication = models.ForeignKey(
        Publication, on_delete=models.CASCADE, null=True, blank=True, related_name="variants", verbose_name=_("publication")
    )  # none: an artefact, which counts everywhere
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.SHADOW)
    sha256 = models.CharField(max_length=64)
    base_hash = models.CharField(max_length=64)  # of the model that it was made for; beside another one it rests
    content = models.BinaryField()
    examples = models.PositiveIntegerField(_("examples"), default=0)
    figures = models.JSONField(_("figures"), default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )  # none: by the nightly training
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("version of a text model")
        verbose_name_plural = _("versions of text models")
        permissions = [("promote_variant", _("Can put versions of text models into force"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="artefact", publication=None) | Q(kind="correction", publication__isnull=False),
                name="variant_has_its_place",
            ),
            *(
                models.UniqueConstraint(
                    fields=["head"] if kind == "artefact" else ["publication", "head"],
                    condition=Q(kind=kind, state=state),
                    name=f"variant_{kind}_{state}_once",
                )
                for kind in ("artefact", "correction")
                for state in ("shadow", "live")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.head} {self.kind} {self.number}"


class VariantEvent(AppendOnly):
    """What became of a version, by whom, and why."""

    class Action(models.TextChoices):
        MADE = "made", _("made")
        PROMOTED = "promoted", _("put into force")
        REPLACED = "replaced", _("replaced by another one")
        WITHDRAWN = "withdrawn", _("taken out of force")
        DISCARDED = "discarded", _("discarded")
        RESTORED = "restored", _("in force again")
        BACK = "back", _("put back into shadow")

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="events")
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    why = models.CharField(_("why"), max_length=300, blank=True)
    replaced = models.ForeignKey(Variant, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")  # by a promotion
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("event of a text model")
        verbose_name_plural = _("events of text models")

    def __str__(self) -> str:
        return f"{self.variant_id}: {self.action}"


class CheckMode(AppendOnly):
    """Whether a check counts. The latest row of a check is in force; without one, the settings say it."""

    class Mode(models.TextChoices):
        LIVE = "live", _("counts")
        SHADOW = "shadow", _("in shadow: recorded, decides nothing")
        OFF = "off", _("switched off")

    check_name = models.CharField(_("check"), max_length=40)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices)
    why = models.CharField(_("why"), max_length=300)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("set by"))
    created_at = models.DateTimeField(_("at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("mode of a check")
        verbose_name_plural = _("modes of checks")
        indexes = [models.Index(fields=["check_name", "-id"], name="check_mode_latest")]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.mode}"


class LearningTurn(models.Model):
    """When a publication's correction of a head is trained next; the row is the lock, taken by compare-and-set on `due_at`."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="learning_turns", db_index=False)
    head = models.CharField(max_length=12, choices=Head.choices)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    seen = models.CharField(max_length=64, blank=True)  # hash of the examples that were learned from last
    outcome = models.CharField(max_length=24, blank=True)  # a code of moderation.learning.Outcome
    examples = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("turn of learning")
        verbose_name_plural = _("turns of learning")
        constraints = [models.UniqueConstraint(fields=["publication", "head"], name="learning_turn_once")]

    def __str__(self) -> str:
        return f"{self.publication_id}/{self.head}: {self.outcome}"
