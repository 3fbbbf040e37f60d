"""Every address of the site. The apps above are named as text, so that newsroom imports neither of them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from newsroom import feeds, health, sitemaps, views

handler400, handler403 = "newsroom.views.malformed", "newsroom.views.refused"
handler404, handler500 = "newsroom.views.not_found", "newsroom.views.broken"

urlpatterns = [
    path("", views.front, name="front"),
    path("rubrik/<slug:slug>/", views.section, name="section"),
    path("feed/", feeds.site_feed, name="site-feed"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemaps.site_map, name="sitemap"),
    path("", include("comments.urls")),
    path("", include("moderation.reader_urls")),
    path("akun/", include("moderation.account_urls")),
    path("admin/moderation/", include("moderation.urls")),
    path("admin/", admin.site.urls),
    # moderation's first: the last of comments' addresses answers for whatever is not there
    path("api/v1/", include("moderation.api_urls")),
    path("api/v1/", include("comments.api_urls")),
    path("v1alpha1/", include("moderation.perspective_urls")),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
