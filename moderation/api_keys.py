"""Keys of other programs: made once, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.db import DatabaseError, transaction
from django.db.models import Q
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from moderation.models import ApiKey

log = logging.getLogger(__name__)

# So that a key is recognised where it should not be: in a log, in a repository.
MARK: Final = "balasan_"
SHOWN: Final = len(MARK) + 6
# How exact "last used" is: a write for each request would cost more than the score.
LAST_USED: Final = timedelta(minutes=10)


# Seconds for which a process believes a key that it has just looked up: asking the database each time costs more than the score.
# A key that is switched off is refused at once by the process that did it, and after so long by the others.
BELIEVED: Final = 5.0
MOST_BELIEVED: Final = 256
_believed: dict[str, tuple[float, ApiKey]] = {}


def forget(**_kwargs: Any) -> None:
    """Ask the database for every key anew; called when a key is saved or deleted."""
    _believed.clear()


post_save.connect(forget, sender=ApiKey, dispatch_uid="moderation.api_keys.forget")
post_delete.connect(forget, sender=ApiKey, dispatch_uid="moderation.api_keys.forget")


class UnknownKey(Exception):
    """There is no such key, or it was switched off."""


class MissingScope(Exception):
    """The key is valid, and not for this."""


def digest_of(secret: str) -> str:
    """What is kept of a key. It has 256 random bits, so that no salt and no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def new_secret() -> str:
    """A key as its owner gets it."""
    return MARK + secrets.token_urlsafe(32)


def give_secret(key: ApiKey) -> str:
    """Set a key's hash anew and return the secret; the row is not saved."""
    secret = new_secret()
    key.beginning, key.digest = secret[:SHOWN], digest_of(secret)
    return secret


def make_key(name: str, scopes: Iterable[str]) -> tuple[ApiKey, str]:
    """A new key and its secret, which is nowhere kept. Raises ValueError for a name in use, none or unknown scopes."""
    wanted = list(dict.fromkeys(scopes))
    if unknown := [scope for scope in wanted if scope not in ApiKey.Scope.values]:
        raise ValueError(f"There is no scope '{unknown[0]}'; there are {', '.join(ApiKey.Scope.values)}.")
    if not wanted:
        raise ValueError("A key needs at least one scope.")
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise ValueError("A key's name has 1 to 80 characters.")
    if ApiKey.objects.filter(name=name).exists():
        raise ValueError(f"There is a key '{name}' already.")
    key = ApiKey(name=name, scopes=wanted)
    secret = give_secret(key)
    key.save()
    return key, secret


def find_key(secret: str, scope: str) -> ApiKey:
    """The active key with this secret, marked as used now. Raises UnknownKey or MissingScope."""
    digest = digest_of(secret)
    until, believed = _believed.get(digest, (0.0, None))
    if believed is not None and time.monotonic() < until:
        key = believed
    else:
        found = ApiKey.objects.filter(digest=digest, active=True).first()
        if found is None:
            raise UnknownKey
        if len(_believed) >= MOST_BELIEVED:
            _believed.clear()
        key = found
        _believed[digest] = (time.monotonic() + BELIEVED, key)
    if scope not in key.scopes:
        raise MissingScope
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED:
        stale = ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED), pk=key.pk)
        try:
            with transaction.atomic():
                stale.update(last_used_at=now)
            key.last_used_at = now
        except DatabaseError as error:
            # A date that is ten minutes late harms nobody; a score that is refused does.
            log.warning("last use of a key not written", extra={"error": type(error).__name__})
    return key
