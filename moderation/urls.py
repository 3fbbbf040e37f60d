"""Addresses of the desk, inside Django admin."""

from django.urls import path

from moderation import appeal_views, bulk_views, legal_views, oversight_views, sanction_views, tuning_views, variant_views, views

urlpatterns = [
    path("appeals/", appeal_views.appeals_page, name="appeals"),
    path("appeals/<int:number>/", appeal_views.appeal_item, name="appeal"),
    path("dashboard/", oversight_views.dashboard, name="dashboard"),
    path("log/", oversight_views.log, name="desk-log"),
    path("log/file/", oversight_views.log_file, name="desk-log-file"),
    path("log/year/", oversight_views.year, name="desk-year"),
    path("quality/", oversight_views.quality_page, name="quality"),
    path("quality/second-look/", oversight_views.second_look, name="second-look"),
    path("people/", sanction_views.people_page, name="desk-people"),
    path("people/measures/<int:number>/", sanction_views.measure, name="desk-measure"),
    path("people/measures/<int:number>/lift/", sanction_views.lift, name="desk-lift"),
    path("people/<slug:public_id>/", sanction_views.person_page, name="desk-person"),
    path("models/", tuning_views.models_page, name="tuning"),
    path("models/checks/", variant_views.checks_page, name="tuning-checks"),
    path("models/checks/<str:name>/", variant_views.check_page, name="tuning-check"),
    path("models/versions/<int:number>/", variant_views.variant_page, name="tuning-variant"),
    path("models/<int:number>/<slug:head>/", tuning_views.head_page, name="tuning-head"),
    path("notices/", legal_views.notices_page, name="legal-notices"),
    path("notices/<int:number>/", legal_views.notice_item, name="legal-notice-item"),
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
