"""Addresses of the desk, inside Django admin."""

from django.urls import path

from moderation import appeal_views, bulk_views, phrase_views, replay_views, rule_views, tuning_views, views

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
    path("phrases/", phrase_views.phrases_page, name="phrases"),
    path("phrases/new/", phrase_views.phrase_page, name="phrase-new"),
    path("phrases/try/", phrase_views.try_page, name="phrase-try"),
    path("phrases/import/", phrase_views.import_page, name="phrase-import"),
    path("phrases/export/", phrase_views.export_page, name="phrase-export"),
    path("phrases/lexicon/", phrase_views.innocents_page, name="innocents"),
    path("phrases/<int:number>/", phrase_views.phrase_page, name="phrase"),
    path("phrases/<int:number>/delete/", phrase_views.phrase_delete, name="phrase-delete"),
    path("rules/", rule_views.rules_page, name="rules"),
    path("rules/new/", rule_views.rule_page, name="rule-new"),
    path("rules/<int:number>/", rule_views.rule_page, name="rule"),
    path("rules/<int:number>/mode/", rule_views.rule_mode, name="rule-mode"),
    path("rules/<int:number>/move/", rule_views.rule_move, name="rule-move"),
    path("rules/<int:number>/delete/", rule_views.rule_delete, name="rule-delete"),
    path("simulator/", replay_views.simulator_page, name="simulator"),
    path("simulator/rescan/", replay_views.rescans_page, name="rescan"),
    path("simulator/<uuid:number>/", replay_views.replay_page, name="simulation"),
    path("simulator/<uuid:number>/apply/", replay_views.replay_apply, name="simulation-apply"),
    path("simulator/<uuid:number>/discard/", replay_views.replay_discard, name="simulation-discard"),
]
