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
