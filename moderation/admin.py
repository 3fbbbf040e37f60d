"""Django admin around the queue: history to read, domains to edit, people and what they may moderate.

What is only ever added to can be read here and not changed, whatever permissions somebody has. Texts that strangers typed are shown
with their hidden characters made visible.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Revision
from moderation.access import scope_of
from moderation.api_keys import give_secret
from moderation.check_names import check_name
from moderation.models import ApiKey, Decision, Finding, ListedDomain, Notice, Report, Scope, Suggestion
from moderation.templatetags.desk import evidence_words, signs
from newsroom.login import LoginForm

if TYPE_CHECKING:  # Django's own classes take no type arguments while they run
    _ModelAdmin = admin.ModelAdmin[Any]
    _ScopeInline = admin.TabularInline[Scope, User]
    _UserAdmin = UserAdmin[User]
    _DomainForm = forms.ModelForm[ListedDomain]
    _KeyForm = forms.ModelForm[ApiKey]
else:
    _ModelAdmin, _ScopeInline, _UserAdmin = admin.ModelAdmin, admin.TabularInline, UserAdmin
    _DomainForm = _KeyForm = forms.ModelForm

admin.site.site_header = "Balasan"
admin.site.site_title = "Balasan"
admin.site.index_title = _("Newsroom and moderation")
admin.site.login_form = LoginForm
admin.site.enable_nav_sidebar = False


def typed(text: object) -> SafeString:
    """A stranger's text, inert and with what it hides made visible."""
    return format_html('<span class="typed" dir="auto">{}</span>', signs(text))


class ReadOnlyAdmin(_ModelAdmin):
    """Rows to be read, within the reader's scope. `to_comment` leads from a row to its comment, for the scope."""

    to_comment = "comment__"
    show_full_result_count = False
    list_per_page = 50
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(scope_of(request.user, self.to_comment))

    @admin.display(description=_("comment"))
    def on_desk(self, row: Any) -> SafeString:
        comment = row if isinstance(row, Comment) else row.comment
        return format_html('<a href="{}">{}</a>', reverse("queue-item", args=[comment.public_id]), comment.public_id)


@admin.register(Comment)
class CommentAdmin(ReadOnlyAdmin):
    to_comment = ""
    list_display = ["on_desk", "author", "beginning", "status", "article", "created_at"]
    list_display_links = None
    list_filter = ["status", "article__section", "created_at"]
    list_select_related = ["article"]
    search_fields = ["public_id", "author_name", "body_raw"]
    search_help_text = _("Searches names, texts and ids.")
    date_hierarchy = None
    fields = ["on_desk", "article", "status", "revision", "author", "email", "site", "text", "created_at", "edited_at", "published_at"]
    readonly_fields = ["on_desk", "author", "email", "site", "text"]
    ordering = ["-created_at", "-id"]

    @admin.display(description=_("name"), ordering="author_name")
    def author(self, row: Comment) -> SafeString:
        return typed(row.author_name)

    @admin.display(description=_("e-mail"))
    def email(self, row: Comment) -> SafeString:
        return typed(row.author_email)

    @admin.display(description=_("web site"))
    def site(self, row: Comment) -> SafeString:
        return typed(row.author_url)

    @admin.display(description=_("text"))
    def beginning(self, row: Comment) -> SafeString:
        return typed(row.body_raw[:120])

    @admin.display(description=_("text as typed"))
    def text(self, row: Comment) -> SafeString:
        return typed(row.body_raw)


@admin.register(Revision)
class RevisionAdmin(ReadOnlyAdmin):
    list_display = ["number", "on_desk", "beginning", "replaced_at"]
    list_select_related = ["comment"]
    fields = ["on_desk", "number", "text", "replaced_at"]
    readonly_fields = ["on_desk", "text"]
    ordering = ["-id"]

    @admin.display(description=_("text"))
    def beginning(self, row: Revision) -> SafeString:
        return typed(row.body_raw[:120])

    @admin.display(description=_("text as typed"))
    def text(self, row: Revision) -> SafeString:
        return typed(row.body_raw)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "on_desk", "outcome", "reason", "kind", "moderator", "said"]
    list_filter = ["outcome", "kind", "reason", "created_at"]
    list_select_related = ["comment", "moderator"]
    search_fields = ["comment__public_id", "note"]
    fields = [
        "on_desk",
        "revision",
        "kind",
        "was",
        "outcome",
        "reason",
        "said",
        "moderator",
        "priority",
        "overrides",
        "batch",
        "created_at",
    ]
    readonly_fields = ["on_desk", "said"]
    ordering = ["-id"]

    @admin.display(description=_("note"))
    def said(self, row: Decision) -> SafeString:
        return typed(row.note)


@admin.register(Finding)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "on_desk", "check_title", "label", "score", "words_shown", "shadow"]
    list_filter = ["label", "check_name", "shadow", "created_at"]
    list_select_related = ["comment"]
    fields = [
        "on_desk", "revision", "check_title", "check_version", "model_hash", "label", "score", "probability",
        "words_shown", "spans", "detail", "shadow", "milliseconds", "created_at",
    ]  # fmt: skip
    readonly_fields = ["on_desk", "check_title", "words_shown"]
    ordering = ["-id"]

    @admin.display(description=_("check"), ordering="check_name")
    def check_title(self, row: Finding) -> str:
        return check_name(row.check_name)

    @admin.display(description=_("evidence"))
    def words_shown(self, row: Finding) -> SafeString:
        return evidence_words(row.words)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "on_desk", "reason", "said", "resolved_at"]
    list_filter = ["reason", ("resolved_at", admin.EmptyFieldListFilter)]
    list_select_related = ["comment"]
    fields = ["on_desk", "revision", "reason", "said", "created_at", "resolved_at"]
    readonly_fields = ["on_desk", "said"]
    ordering = ["-id"]

    @admin.display(description=_("detail"))
    def said(self, row: Report) -> SafeString:
        return typed(row.detail)


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "kind", "on_desk", "state", "attempts", "sent_at", "error"]
    list_filter = ["kind", "state"]
    list_select_related = ["comment"]
    fields = ["kind", "on_desk", "decision", "state", "attempts", "due_at", "sent_at", "error", "created_at"]
    readonly_fields = ["on_desk"]
    ordering = ["-id"]


# --- Lists that editors keep --------------------------------------------------------------------------------------------


class DomainForm(_DomainForm):
    class Meta:
        model = ListedDomain
        fields = ["domain", "note"]

    def clean_domain(self) -> str:
        """The host alone, in the spelling that links are compared in; a whole address may be pasted."""
        given = self.cleaned_data["domain"].strip().lower()
        try:
            host = urlsplit(given if "://" in given else f"//{given}").hostname or ""
            host = host.strip(".").encode("idna").decode("ascii")
        except ValueError:
            host = ""
        if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", host):
            raise ValidationError(_("Write a domain such as contoh.example."))
        return host


@admin.register(ListedDomain)
class ListedDomainAdmin(_ModelAdmin):
    form = DomainForm
    list_display = ["domain", "note", "created_at"]
    search_fields = ["domain", "note"]
    list_per_page = 100


# --- Other programs -----------------------------------------------------------------------------------------------------


class KeyForm(_KeyForm):
    scopes = forms.MultipleChoiceField(label=_("may"), choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = ApiKey
        fields = ["name", "scopes", "active"]


@admin.register(ApiKey)
class ApiKeyAdmin(_ModelAdmin):
    """Keys are made here, shown once, and switched off; the secret itself is nowhere to be read."""

    form = KeyForm
    list_display = ["name", "beginning", "scopes", "active", "created_at", "last_used_at"]
    list_filter = ["active"]
    readonly_fields = ["beginning", "created_at", "last_used_at"]

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        secret = give_secret(obj)
        super().save_model(request, obj, form, change)
        messages.warning(request, _("The key, shown this once: %(secret)s") % {"secret": secret})


@admin.register(Suggestion)
class SuggestionAdmin(_ModelAdmin):
    """Scores that other programs suggest: to be read and deleted."""

    list_display = ["created_at", "key", "language", "beginning", "scores"]
    list_filter = ["language", "created_at"]
    list_select_related = ["key"]
    fields = ["key", "said", "scores", "language", "community", "created_at"]
    readonly_fields = ["key", "said", "scores", "language", "community", "created_at"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @admin.display(description=_("text"))
    def beginning(self, row: Suggestion) -> SafeString:
        return typed(row.text[:120])

    @admin.display(description=_("text"))
    def said(self, row: Suggestion) -> SafeString:
        return typed(row.text)


# --- People -------------------------------------------------------------------------------------------------------------


class ScopeInline(_ScopeInline):
    model = Scope
    extra = 0
    verbose_name_plural = _("moderates only (nothing here: everything)")


admin.site.unregister(User)


@admin.register(User)
class PeopleAdmin(_UserAdmin):
    """Django's own, with what somebody moderates. Only a superuser makes superusers, or touches one."""

    list_display = ["username", "first_name", "last_name", "is_staff", "is_active", "last_login"]
    inlines = [ScopeInline]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (request.user.is_superuser or obj is None or not obj.is_superuser)
