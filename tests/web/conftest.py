"""Who is signed in?"""

from __future__ import annotations

import pytest
from django.test import Client

from attendance.core.models import User
from tests import cast


@pytest.fixture
def desk(client: Client, administrator: User) -> Client:
    """A browser in which the administrator has signed in."""
    client.force_login(administrator)
    return client


@pytest.fixture
def hr(db: None) -> Client:
    """A browser in which somebody of HR has signed in."""
    client = Client()
    client.force_login(cast.user("hr", role="HR"))
    return client
