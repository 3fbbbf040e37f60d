"""Addresses of the public API."""

from typing import Any

urlpatterns: list[Any] = []
