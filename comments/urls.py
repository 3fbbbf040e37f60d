from django.urls import path

from comments import views

urlpatterns = [
    path("artikel/<slug:slug>/", views.article, name="article"),
    path("artikel/<slug:slug>/balasan/", views.reply, name="reply"),
    path("komentar/<slug:public_id>/", views.permalink, name="comment"),
]
