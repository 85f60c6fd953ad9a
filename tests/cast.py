"""Who plays in the tests? The same few people everywhere."""

from __future__ import annotations

import functools
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

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
