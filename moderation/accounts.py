"""Readers' accounts: where django-allauth asks us how. People of the newsroom are not let in by this door; theirs is the admin's.

Nothing here tells whether an address has an account. Mails go through Notice rows, so that a mail server that is slow or away is
nobody's error page.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from allauth.account import signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from allauth.core import context as current
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from comments import identity, keeping
from comments.models import Commenter
from comments.text import clean_line, is_blank
from moderation import letters, notices, person, unsubscribing
from moderation.models import Notice
from newsroom import limits
from newsroom.login import too_often_words
from newsroom.network import client_ip, network_of
from newsroom.views import publication_of

if TYPE_CHECKING:
    from allauth.account.models import EmailConfirmationHMAC

SAID = "account_said"  # in the session: what the next page has to say
# What the owner of an account is warned of; allauth knows of more, which says nothing that they did not do themselves.
WARNINGS = frozenset(f"account/email/{name}" for name in ("password_changed", "password_set", "password_reset", "email_changed"))
# What anybody can have us send to anybody's address: an address that wants no mails gets none of these either.
TO_ANYBODY = frozenset(f"account/email/{name}" for name in ("email_confirmation_signup", "email_confirmation", "unknown_account"))


class ReaderBackend(AuthenticationBackend):  # type: ignore[misc]  # allauth brings no types
    """Log-in by e-mail address, for readers alone. Somebody who became one of the newsroom has to use the admin's log-in from then on."""

    def _check_password(self, user: User | None, password: str) -> User | None:
        # The base class makes up for the time of the hash that is not computed here.
        if user is not None and user.is_staff:
            return None
        return cast("User | None", super()._check_password(user, password))

    def get_user(self, user_id: int) -> User | None:
        user = cast("User | None", super().get_user(user_id))
        return None if user is not None and user.is_staff else user


class ReaderAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our words, our limits and our mails in allauth's flows."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "duplicate_email": _("This is your address already."),
        "email_password_mismatch": _("E-mail address and password do not fit together. Please check both."),
        "enter_current_password": _("This is not your present password."),
        "incorrect_code": _("This is not the code of the latest mail. Please check it."),
        "incorrect_password": _("This is not your password."),
        "invalid_password_reset": _("This link is not good, or not any more. You can ask for a new one."),
        "too_many_login_attempts": _("Too many wrong codes. Please ask for a new one."),
    }

    # --- Log-in ---

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt by address and by network before the password is looked at, as the admin's log-in does."""
        self.counted: list[str] = []
        address = str(credentials.get("email") or credentials.get("username") or "").casefold()
        network = network_of(client_ip(request))
        for client in (f"name:{address}", *([f"network:{network}"] if network else [])):
            if wait := limits.hit("login", client, settings.LOGIN_ATTEMPTS):
                self._rollback_login_failed_rl_usage()
                raise ValidationError(too_often_words(wait), code="throttled")
            self.counted.append(client)

    def _rollback_login_failed_rl_usage(self) -> None:
        for client in self.counted:
            limits.take_back("login", client, settings.LOGIN_ATTEMPTS)
        self.counted = []

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request) or ""

    def is_safe_url(self, url: str) -> bool:
        """Only to our own pages, on this very host: not to other hosts that we answer to."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts={current.request.get_host()})

    def is_ajax(self, request: HttpRequest) -> bool:
        return False  # there is one front door: pages

    # --- Accounts ---

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """Says nothing of the person, where allauth would take the beginning of the address."""
        return f"pembaca-{secrets.token_hex(8)}"

    # --- Words and mails ---

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Keep it for the next of the account's pages. Never in a cookie, and never for the pages that everybody reads."""
        if message_template is not None:
            request.session[SAID] = message_template.rpartition("/")[2].removesuffix(".txt")
        elif message is not None:
            request.session[SAID] = str(message)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmationHMAC) -> str:
        return letters.address_of(publication_of(request)) + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _dash, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return letters.address_of(publication_of(current.request)) + path

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        if template_prefix in WARNINGS:
            super().send_notification_mail(template_prefix, user, context, email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail on the queue. Where an address had enough of them, or wants none, nothing is sent, and nobody is told so."""
        publication = publication_of(current.request)
        who = unsubscribing.recipient_of(email)
        if publication is None or limits.hit("account-mail", email.casefold(), settings.LOGIN_MAILS_TO_ONE):
            return
        if template_prefix in TO_ANYBODY and unsubscribing.is_muted(who, Notice.Kind.ACCOUNT):
            return
        site = letters.address_of(publication)
        stop = reverse("person-unsubscribe", kwargs={"token": unsubscribing.token_for(Notice.Kind.ACCOUNT, who)})
        words = {
            **context,
            "publication": publication,
            "site": site,
            "unsubscribe": f"{site}{stop}",
            "minutes": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
        }
        subject = render_to_string(f"{template_prefix}_subject.txt", words)
        body = render_to_string(f"{template_prefix}_message.txt", words)
        notices.prepare_account(publication, email, " ".join(subject.split())[:200], body.strip() + "\n")


# --- What an account does to the commenter -------------------------------------------------------------------------------


def joined(request: HttpRequest, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of allauth's `user_logged_in`: what was written in this browser before now belongs to the account.

    What proves that it is theirs is the signed token in the cookie. A typed-in address proves nothing and joins nothing.
    """
    account, _created = Commenter.objects.get_or_create(user_id=user.pk)
    take_address(account)
    take_name(account, cast("User", user))
    guest = identity.guest_of(request)
    if guest is not None:
        person.join(guest, account)
        request.guest_joined = True  # type: ignore[attr-defined]  # moderation.account_views takes the cookie back
        account.refresh_from_db()
    keeping.release(account)


def confirmed(request: HttpRequest, email_address: EmailAddress, **_kwargs: Any) -> None:
    """Receiver of allauth's `email_confirmed`. `moderation.account_views` lets only the account's own browser get here."""
    account, _created = Commenter.objects.get_or_create(user_id=email_address.user_id)
    take_address(account)
    keeping.release(account)


def take_address(account: Commenter) -> None:
    """The account's verified address is the commenter's confirmed one."""
    rows = EmailAddress.objects.filter(user_id=account.user_id, verified=True).order_by("-primary", "pk")
    address = rows.values_list("email", flat=True).first()
    if address and address != account.email:
        Commenter.objects.filter(pk=account.pk).update(email=address, pending_email="")
        account.refresh_from_db()


def take_name(account: Commenter, user: User) -> None:
    """Whoever came by another site brings a name; once they have one here, it is theirs to change."""
    name = clean_line(user.get_full_name())[:80]
    if not account.name and not is_blank(name):
        Commenter.objects.filter(pk=account.pk).update(name=name)
        account.refresh_from_db()


def connect() -> None:
    signals.user_logged_in.connect(joined, dispatch_uid="moderation.joined")
    signals.email_confirmed.connect(confirmed, dispatch_uid="moderation.confirmed")
