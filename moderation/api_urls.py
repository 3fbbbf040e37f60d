"""Addresses of the moderators' API, and of the readers' reports. Mounted at /api/v1/, before those of comments."""

from django.urls import path

from moderation import api, scoring_api

urlpatterns = [
    path("comments/<slug:public_id>/reports/", api.Reports.as_view(), name="api-reports"),
    path("score/", scoring_api.ScoreText.as_view(), name="api-score"),
    path("moderation/queue/", api.Queue.as_view(), name="api-queue"),
    path("moderation/comments/<slug:public_id>/", api.ModeratedComment.as_view(), name="api-moderated"),
    path("moderation/comments/<slug:public_id>/decisions/", api.Decisions.as_view(), name="api-decisions"),
]
