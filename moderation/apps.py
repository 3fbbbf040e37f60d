from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("moderation")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from comments.signals import comment_submitted
        from moderation import accounts, kept, system_checks  # noqa: F401  (registers the checks)
        from moderation.groups import make_groups
        from moderation.screening import wake_screening

        # The one upward edge: comments announces, moderation listens.
        comment_submitted.connect(wake_screening, dispatch_uid="moderation.wake_screening")
        kept.connect()
        accounts.connect()
        post_migrate.connect(make_groups, sender=self, dispatch_uid="moderation.make_groups")
