"""Addresses of the desk, inside Django admin."""

from django.urls import path

from moderation import appeal_views, bulk_views, tuning_views, views

urlpatterns = [
    path("appeals/", appeal_views.appeals_page, name="appeals"),
    path("appeals/<int:number>/", appeal_views.appeal_item, name="appeal"),
    path("models/", tuning_views.models_page, name="tuning"),
    path("models/<int:number>/<slug:head>/", tuning_views.head_page, name="tuning-head"),
    path("queue/", views.queue_page, name="queue"),
    path("queue/bulk/", bulk_views.bulk, name="queue-bulk"),
    path("queue/undo/", bulk_views.undo, name="queue-undo"),
    path("queue/bulk/<uuid:number>/", bulk_views.progress, name="queue-progress"),
    path("queue/campaigns/", bulk_views.campaigns, name="queue-campaigns"),
    path("queue/campaigns/<int:number>/", bulk_views.campaign, name="queue-campaign"),
    path("queue/<slug:public_id>/", views.item_page, name="queue-item"),
    path("queue/<slug:public_id>/decide/", views.decide, name="queue-decide"),
    path("queue/<slug:public_id>/claim/", views.renew, name="queue-claim"),
    path("queue/<slug:public_id>/release/", views.release, name="queue-release"),
]
