"""The groups "moderator", "editor" and "admin", made with their permissions after the first `migrate`.

An installation may change them afterwards: a group that has any permission is left as it is, but for permissions that this `migrate`
brings and nobody can have taken away.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

APPS = ("auth", "authtoken", "newsroom", "comments", "moderation")

MODERATOR = frozenset(
    {
        "moderation.decide",
        "moderation.impose",
        "moderation.view_sanction",
        "moderation.view_decision",
        "moderation.view_finding",
        "moderation.view_listeddomain",
        "moderation.view_notice",
        "moderation.view_phrase",
        "moderation.view_report",
        "moderation.view_innocent",
        "moderation.view_replay",
        "moderation.view_rule",
        "moderation.view_threshold",
        "comments.view_comment",
        "comments.view_revision",
        "newsroom.view_article",
        "newsroom.view_publication",
        "newsroom.view_section",
    }
)
EVERY_VERB = ("view", "add", "change", "delete")


def may(verbs: tuple[str, ...], *models: str) -> set[str]:
    """The names of Django's permissions: `may(("add",), "newsroom.article")` is {"newsroom.add_article"}."""
    return {f"{label}.{verb}_{model}" for label, model in (name.split(".") for name in models) for verb in verbs}


EDITOR = (
    MODERATOR
    | may(EVERY_VERB, "moderation.phrase", "moderation.listeddomain", "newsroom.article", "newsroom.articleaddress", "newsroom.section")
    | may(EVERY_VERB, "newsroom.embedhost")
    | may(("change",), "newsroom.publication")
    | may(EVERY_VERB, "moderation.rule", "moderation.innocent")
    | may(("add", "change"), "moderation.replay")
    | {"moderation.ban", "moderation.audit"}
    | may(("add",), "moderation.threshold")
    | {"moderation.promote_variant"}
)
ADMIN = (
    EDITOR
    | may(("add",), "newsroom.publication")
    | may(("view", "add", "change"), "auth.user")
    | may(("view",), "auth.group")
    | may(EVERY_VERB, "moderation.scope", "moderation.apikey", "authtoken.tokenproxy")
    | may(("view", "delete"), "moderation.suggestion")
    | {"moderation.keep_global"}
    | may(("add",), "moderation.checkmode")
)
GROUPS = {"moderator": MODERATOR, "editor": EDITOR, "admin": ADMIN}


def make_groups(using: str, **_kwargs: Any) -> None:
    """Receiver of post_migrate. Makes the permissions first: Django does so app by app, and ours is the first."""
    before = set(Permission.objects.using(using).values_list("pk", flat=True))
    for label in APPS:
        create_permissions(apps.get_app_config(label), verbosity=0, using=using)
    for name, wanted in GROUPS.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        named = Q()
        for permission in wanted:
            label, codename = permission.split(".")
            named |= Q(content_type__app_label=label, codename=codename)
        rows = Permission.objects.using(using).filter(named)
        group.permissions.add(*(rows.exclude(pk__in=before) if group.permissions.exists() else rows))
