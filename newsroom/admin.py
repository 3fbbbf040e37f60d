"""Django admin for editors: publications, sections and articles, with their wishes for comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from newsroom.models import Article, ArticleAddress, EmbedHost, Publication, Section

if TYPE_CHECKING:  # Django's own classes take no type arguments while they run
    _ArticleAdmin = admin.ModelAdmin[Article]
    _PublicationAdmin = admin.ModelAdmin[Publication]
    _SectionAdmin = admin.ModelAdmin[Section]
    _SectionInline = admin.TabularInline[Section, Publication]
    _EmbedHostInline = admin.TabularInline[EmbedHost, Publication]
    _AddressInline = admin.TabularInline[ArticleAddress, Article]
else:
    _ArticleAdmin = _PublicationAdmin = _SectionAdmin = admin.ModelAdmin
    _SectionInline = _EmbedHostInline = _AddressInline = admin.TabularInline


class StateFilter(admin.SimpleListFilter):
    """Published, planned or draft."""

    title = _("state")
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Article]) -> list[tuple[str, str]]:
        return [("published", str(_("published"))), ("planned", str(_("planned"))), ("draft", str(_("draft")))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> QuerySet[Article]:
        now = timezone.now()
        if self.value() == "published":
            return queryset.filter(published_at__lte=now)
        if self.value() == "planned":
            return queryset.filter(published_at__gt=now)
        if self.value() == "draft":
            return queryset.filter(published_at=None)
        return queryset


class SectionInline(_SectionInline):
    model = Section
    fields = ["name", "slug", "position", "comment_mode"]
    prepopulated_fields = {"slug": ["name"]}
    extra = 0
    show_change_link = True


class EmbedHostInline(_EmbedHostInline):
    model = EmbedHost
    fields = ["host"]
    extra = 0


class AddressInline(_AddressInline):
    model = ArticleAddress
    fields = ["url"]
    extra = 0


@admin.register(Publication)
class PublicationAdmin(_PublicationAdmin):
    list_display = ["name", "host", "language", "time_zone", "comment_mode", "comment_access"]
    list_filter = ["language", "comment_mode", "comment_access"]
    search_fields = ["name", "host"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [SectionInline, EmbedHostInline]
    fieldsets = [
        (None, {"fields": ["name", "slug", "tagline"]}),
        (_("Where and in which language"), {"fields": ["host", "language", "time_zone"]}),
        (_("Comments"), {"fields": ["comment_mode", "reject_grave", "comment_access"]}),
        (_("Threads on other sites"), {"fields": ["embed_registers"]}),
    ]


@admin.register(Section)
class SectionAdmin(_SectionAdmin):
    list_display = ["name", "publication", "position", "comment_mode"]
    list_filter = ["publication", "comment_mode"]
    list_select_related = ["publication"]
    list_editable = ["position"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(Article)
class ArticleAdmin(_ArticleAdmin):
    list_display = ["title", "section", "byline", "published_at", "comments_enabled", "comments_close_at"]
    list_filter = [StateFilter, "section__publication", "section", "comments_enabled", "comment_mode"]
    list_select_related = ["section__publication"]
    list_per_page = 50
    search_fields = ["title", "lead", "byline", "slug"]
    prepopulated_fields = {"slug": ["title"]}
    autocomplete_fields = ["section"]
    date_hierarchy = "published_at"
    actions = ["open_comments", "close_comments"]
    fieldsets = [
        (None, {"fields": ["title", "slug", "section", "byline", "published_at"]}),
        (_("Text"), {"fields": ["lead", "body"], "description": _("An empty line parts two paragraphs; “## ” begins a subheading.")}),
        (_("Comments"), {"fields": ["comments_enabled", "comments_close_at", "comment_mode"]}),
        (_("On another site"), {"fields": ["canonical_url"]}),
    ]
    inlines = [AddressInline]

    @admin.action(description=_("Open the comments"), permissions=["change"])
    def open_comments(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self.tell(request, queryset.update(comments_enabled=True, comments_close_at=None, updated_at=timezone.now()))

    @admin.action(description=_("Close the comments"), permissions=["change"])
    def close_comments(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        self.tell(request, queryset.update(comments_close_at=timezone.now(), updated_at=timezone.now()))

    def tell(self, request: HttpRequest, count: int) -> None:
        self.message_user(request, ngettext("%(count)d article changed.", "%(count)d articles changed.", count) % {"count": count})
