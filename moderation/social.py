"""Log-in by other sites, where allauth asks us how. Loaded only where a provider's keys are given."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib.auth.models import User
from django.http import HttpRequest


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth brings no types
    """An account of another site is an account here by its own number, never by the address that it names."""

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        return False

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Not where the address has an account already: its owner logs in there."""
        address = sociallogin.email_addresses[0].email if sociallogin.email_addresses else ""
        if (
            not address
            or EmailAddress.objects.filter(email__iexact=address).exists()
            or User.objects.filter(email__iexact=address).exists()
        ):
            return False
        return bool(super().is_auto_signup_allowed(request, sociallogin))

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: Any) -> Any:
        """No more than the address and a name: what is not kept cannot leak."""
        kept = {name: data.get(name) for name in ("email", "name", "first_name", "last_name")}
        return super().populate_user(request, sociallogin, kept)
