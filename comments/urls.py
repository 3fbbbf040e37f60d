from django.urls import path

from comments import embed_views, feeds, views

urlpatterns = [
    path("artikel/<slug:slug>/", views.article, name="article"),
    path("artikel/<slug:slug>/balasan/", views.reply, name="reply"),
    path("artikel/<slug:slug>/feed/", feeds.thread_feed, name="thread-feed"),
    path("komentar/<slug:public_id>/", views.permalink, name="comment"),
    path("embed.js", embed_views.embed_script, name="embed-script"),
    path("embed/thread/", embed_views.thread, name="embed-thread"),
    path("embed/counts.js", embed_views.counts_script, name="embed-counts-script"),
    path("embed/counts/", embed_views.counts, name="embed-counts"),
]
