"""Addresses of the desk, inside Django admin."""

from django.urls import path

from moderation import appeal_views, bulk_views, oversight_views, sanction_views, team_views, tuning_views, views

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
    path("models/<int:number>/<slug:head>/", tuning_views.head_page, name="tuning-head"),
    path("queue/", views.queue_page, name="queue"),
    path("queue/bulk/", bulk_views.bulk, name="queue-bulk"),
    path("queue/undo/", bulk_views.undo, name="queue-undo"),
    path("queue/bulk/<uuid:number>/", bulk_views.progress, name="queue-progress"),
    path("queue/campaigns/", bulk_views.campaigns, name="queue-campaigns"),
    path("queue/campaigns/<int:number>/", bulk_views.campaign, name="queue-campaign"),
    path("queue/next/", views.ahead, name="queue-next"),
    path("queue/rows/", team_views.rows, name="queue-rows"),
    path("queue/search/", team_views.search, name="queue-search"),
    path("queue/views/", team_views.save_view, name="queue-save-view"),
    path("queue/views/<int:number>/delete/", team_views.delete_view, name="queue-delete-view"),
    path("queue/watch/<int:article_id>/", team_views.watch, name="queue-watch"),
    path("queue/team/", team_views.team_page, name="queue-team"),
    path("queue/team/read/", team_views.handovers_read, name="queue-handovers-read"),
    path("queue/preferences/", team_views.preferences, name="queue-preferences"),
    path("queue/rest/", team_views.rest, name="queue-rest"),
    path("queue/<slug:public_id>/", views.item_page, name="queue-item"),
    path("queue/<slug:public_id>/decide/", views.decide, name="queue-decide"),
    path("queue/<slug:public_id>/claim/", views.renew, name="queue-claim"),
    path("queue/<slug:public_id>/note/", team_views.note, name="queue-note"),
    path("queue/<slug:public_id>/assign/", team_views.assign, name="queue-assign"),
    path("queue/<slug:public_id>/release/", views.release, name="queue-release"),
]
