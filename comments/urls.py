from django.urls import path

from comments import feeds, reaction_views, views

urlpatterns = [
    path("artikel/<slug:slug>/", views.article, name="article"),
    path("artikel/<slug:slug>/balasan/", views.reply, name="reply"),
    path("artikel/<slug:slug>/feed/", feeds.thread_feed, name="thread-feed"),
    path("komentar/suara/", reaction_views.react, name="react"),
    path("komentar/<slug:public_id>/suara/", reaction_views.reaction, name="reaction"),
    path("komentar/<slug:public_id>/milik-saya/", views.own_comment, name="own-comment"),
    path("komentar/<slug:public_id>/", views.permalink, name="comment"),
]
