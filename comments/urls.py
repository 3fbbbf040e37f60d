from django.urls import path

from comments import feeds, views

urlpatterns = [
    path("artikel/<slug:slug>/", views.article, name="article"),
    path("artikel/<slug:slug>/balasan/", views.reply, name="reply"),
    path("artikel/<slug:slug>/feed/", feeds.thread_feed, name="thread-feed"),
    path("komentar/<slug:public_id>/", views.permalink, name="comment"),
]
