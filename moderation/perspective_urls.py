"""Addresses of the API that clients of Perspective know. Mounted at /v1alpha1/."""

from django.urls import path, re_path

from moderation import perspective

urlpatterns = [
    path("comments:analyze", perspective.analyze, name="perspective-analyze"),
    path("comments:suggestscore", perspective.suggest, name="perspective-suggest"),
    re_path(r"", perspective.missing, name="perspective-missing"),
]
