"""Addresses of the desk that readers reach."""

from django.urls import path

from moderation import legal_views, mail_views, objection_views, person_views, reader_views

urlpatterns = [
    path("komentar/<slug:public_id>/laporkan/", reader_views.report_page, name="report"),
    path("artikel/<slug:slug>/ikuti/", mail_views.follow_page, name="follow"),
    path("konten-ilegal/", legal_views.notice_page, name="legal-notice"),
    path("saya/", person_views.page, name="person"),
    path("saya/data/", person_views.data, name="person-data"),
    path("saya/hapus/", person_views.erase_page, name="person-erase"),
    path("saya/kabar/", mail_views.settings_saved, name="person-settings"),
    path("saya/nama/", person_views.name_saved, name="person-name"),
    path("saya/ambil/<str:token>/", person_views.kept_taken, name="person-kept-take"),
    path("saya/tertahan/<slug:public_id>/kirim/", person_views.kept_sent, name="person-kept-send"),
    path("saya/tertahan/<slug:public_id>/buang/", person_views.kept_dropped, name="person-kept-drop"),
    path("saya/alamat/", person_views.ask_address, name="person-address"),
    path("saya/alamat/<str:token>/", person_views.confirm_address, name="person-confirm"),
    path("saya/banding/<str:token>/", person_views.appeal_page, name="person-appeal"),
    path("saya/keberatan/<int:number>/", objection_views.objection_page, name="person-objection"),
    path("saya/berhenti/<str:token>/", mail_views.unsubscribe, name="person-unsubscribe"),
    path("saya/<slug:public_id>/ubah/", person_views.edit_page, name="person-edit"),
    path("saya/<slug:public_id>/tarik/", person_views.withdraw_page, name="person-withdraw"),
]
