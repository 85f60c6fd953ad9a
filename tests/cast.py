"""The people who appear in the tests, the same few everywhere."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.test import Client

from attendance.core import permissions
from attendance.core.models import User

if TYPE_CHECKING:
    from verifier.recognizer import Recognizer

PASSWORD = "correct horse battery"


@functools.cache
def _hashed() -> str:
    """Hash once for all: the hash is slow on purpose."""
    return make_password(PASSWORD)


def user(name: str, *, role: str | None = None) -> User:
    """Make a user, in the group of the role."""
    made = User.objects.create(username=name, password=_hashed())
    if role is not None:
        if not Group.objects.filter(name=role).exists():
            permissions.assure_roles()
        made.groups.add(Group.objects.get(name=role))
    return made


def signed_in(name: str, role: str | None = None) -> Client:
    """Return a browser in which a new user of the role has signed in."""
    client = Client()
    client.force_login(user(name, role=role))
    return client


@pytest.fixture
def hr(db: None) -> Client:
    """A browser in which somebody of HR has signed in."""
    return signed_in("hr", "HR")


@pytest.fixture
def november(db: None) -> Iterator[None]:
    """The office of the tests in Berlin, on 20 November 2026 at noon: the month is running."""
    from tests.attendance.workdays import office

    office.site()
    with time_machine.travel(office.at("2026-11-20 12:00"), tick=False):
        yield


@pytest.fixture
def december(db: None) -> Iterator[None]:
    """The office of the tests in Berlin, on 2 December 2026 at noon: November is over and can be closed."""
    from tests.attendance.workdays import office

    office.site()
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        yield


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


@pytest.fixture(scope="session")
def astronaut_jpeg() -> bytes:
    """Eileen Collins, NASA: 512 x 512, the face 90 pixels wide; public domain, inside scikit-image."""
    from PIL import Image
    from skimage import data

    written = io.BytesIO()
    portrait = data.astronaut()  # type: ignore[no-untyped-call]  # the package has no types
    Image.fromarray(portrait).save(written, "JPEG", quality=95)
    return written.getvalue()


@pytest.fixture(scope="session")
def hopper_jpeg() -> bytes:
    """Grace Hopper, US Navy: 512 x 600, the face 175 pixels wide; public domain, inside matplotlib."""
    import matplotlib as mpl

    return (Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg").read_bytes()


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """One for all tests: it keeps no state between pictures."""
    from verifier.recognizer import Recognizer

    return Recognizer.open()
