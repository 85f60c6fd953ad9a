"""Who plays in the tests? The same few people everywhere."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from attendance.core import permissions
from attendance.core.models import User

PASSWORD = "correct horse battery"


def user(name: str, *, role: str | None = None) -> User:
    """Make a user, in the group of the role."""
    made = User.objects.create_user(username=name, password=PASSWORD)
    if role is not None:
        permissions.assure_roles()
        made.groups.add(Group.objects.get(name=role))
    return made


@pytest.fixture
def administrator(db: None) -> User:
    """May do everything that a role allows."""
    return user("ada", role="Administrator")


@pytest.fixture
def clerk(db: None) -> User:
    """Reads reports, changes nothing."""
    return user("cleo", role="Clerk")


@pytest.fixture
def stranger(db: None) -> User:
    """Signs in and has no right at all."""
    return user("sam")
