"""Addresses of readers' accounts, by the names that allauth knows them by."""

from __future__ import annotations

from allauth.account import views
from django.conf import settings
from django.urls import URLPattern, URLResolver, path, re_path

from moderation.account_views import account_page, confirm_email, log_out, to_own_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("masuk/", account_page(views.login), name="account_login"),
    path("masuk/kode/", account_page(views.request_login_code), name="account_request_login_code"),
    path("masuk/kode/isi/", account_page(views.confirm_login_code), name="account_confirm_login_code"),
    path("keluar/", account_page(log_out), name="account_logout"),
    path("nonaktif/", account_page(views.account_inactive), name="account_inactive"),
    path("daftar/", account_page(views.signup), name="account_signup"),
    path("daftar/periksa-email/", account_page(views.email_verification_sent), name="account_email_verification_sent"),
    re_path(r"^konfirmasi/(?P<key>[-:\w]+)/$", account_page(confirm_email), name="account_confirm_email"),
    path("email/", account_page(views.email, own=True), name="account_email"),
    path("sandi/", account_page(views.password_change, own=True), name="account_change_password"),
    path("sandi/buat/", account_page(views.password_set, own=True), name="account_set_password"),
    path("sandi/lupa/", account_page(views.password_reset), name="account_reset_password"),
    path("sandi/lupa/terkirim/", account_page(views.password_reset_done), name="account_reset_password_done"),
    re_path(
        r"^sandi/atur/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account_page(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("sandi/atur/selesai/", account_page(views.password_reset_from_key_done), name="account_reset_password_from_key_done"),
    path("pastikan/", account_page(views.reauthenticate, own=True), name="account_reauthenticate"),
]


def wrapped(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """A provider's own addresses, as pages of an account."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = account_page(pattern.callback)
        else:
            wrapped(pattern.url_patterns)
    return patterns


if settings.SOCIALACCOUNT_PROVIDERS:
    from allauth.socialaccount import views as social
    from allauth.urls import build_provider_urlpatterns

    urlpatterns += [
        path("lain/", account_page(to_own_page), name="socialaccount_connections"),
        path("lain/batal/", account_page(social.login_cancelled), name="socialaccount_login_cancelled"),
        path("lain/gagal/", account_page(social.login_error), name="socialaccount_login_error"),
        path("lain/daftar/", account_page(social.signup), name="socialaccount_signup"),
        *wrapped(build_provider_urlpatterns()),
    ]
