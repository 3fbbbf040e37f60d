from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("moderation")

    def ready(self) -> None:
        from django.contrib.admin.models import LogEntry
        from django.db.models.signals import post_migrate, pre_delete, pre_save

        from comments.signals import comment_submitted
        from moderation import accounts, kept, system_checks  # noqa: F401  (registers the checks)
        from moderation.audit import guard_log
        from moderation.groups import make_groups
        from moderation.screening import wake_screening

        # The one upward edge: comments announces, moderation listens.
        comment_submitted.connect(wake_screening, dispatch_uid="moderation.wake_screening")
        kept.connect()
        accounts.connect()
        pre_save.connect(guard_log, sender=LogEntry, dispatch_uid="moderation.guard_log_save")
        pre_delete.connect(guard_log, sender=LogEntry, dispatch_uid="moderation.guard_log_delete")
        post_migrate.connect(make_groups, sender=self, dispatch_uid="moderation.make_groups")
