"""Addresses of the moderators API."""

from typing import Any

urlpatterns: list[Any] = []
