"""Addresses of the desk that readers reach."""

from django.urls import path

from moderation import reader_views

urlpatterns = [path("komentar/<slug:public_id>/laporkan/", reader_views.report_page, name="report")]
