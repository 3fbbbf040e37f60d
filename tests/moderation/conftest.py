"""A publication, and somebody who keeps its phrases and rules."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from moderation.models import Scope
from newsroom.models import Publication
from tests.factories import make_publication
from tests.moderation.desk import member


@pytest.fixture
def pagi() -> Publication:
    return make_publication(name="Pagi")


@pytest.fixture
def editor(pagi: Publication) -> User:
    """The editor of Pagi, and of nothing else."""
    user = member("editor")
    Scope.objects.create(moderator=user, publication=pagi)
    return user
