"""Addresses of the desk, inside Django admin."""

from typing import Any

urlpatterns: list[Any] = []
