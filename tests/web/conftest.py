"""Browsers in which somebody has signed in."""

from __future__ import annotations

import pytest
from django.test import Client

from attendance.core.models import User


@pytest.fixture
def desk(client: Client, administrator: User) -> Client:
    """A browser in which the administrator has signed in."""
    client.force_login(administrator)
    return client
