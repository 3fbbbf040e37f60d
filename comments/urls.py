from django.urls import path

from comments import embed_views, feeds, reaction_views, views
from comments import live as live_views

urlpatterns = [
    path("artikel/<slug:slug>/", views.article, name="article"),
    path("artikel/<slug:slug>/balasan/", views.reply, name="reply"),
    path("artikel/<slug:slug>/langsung/", live_views.live, name="live"),
    path("artikel/<slug:slug>/feed/", feeds.thread_feed, name="thread-feed"),
    path("komentar/suara/", reaction_views.react, name="react"),
    path("komentar/<slug:public_id>/suara/", reaction_views.reaction, name="reaction"),
    path("komentar/<slug:public_id>/milik-saya/", views.own_comment, name="own-comment"),
    path("komentar/<slug:public_id>/", views.permalink, name="comment"),
    path("embed.js", embed_views.embed_script, name="embed-script"),
    path("embed/thread/", embed_views.thread, name="embed-thread"),
    path("embed/counts.js", embed_views.counts_script, name="embed-counts-script"),
    path("embed/counts/", embed_views.counts, name="embed-counts"),
]
