"""Fixtures of the tests of the rules: one recognizer, a gallery of its own, and people enrolled by photo."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from attendance.enrolment import embedding, photos, replacing
from attendance.people import roster
from attendance.people.models import Person
from attendance.recognition import engine, gallery

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

Enrol = Callable[..., Person]


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Give every test an empty state folder and a gallery that has read nothing."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.MODELS_DIR = ""  # those of the package, not what an older version may have prepared here
    gallery.reset()
    yield
    gallery.reset()


@pytest.fixture
def enrol(db: None) -> Enrol:
    """Return a function that enrols somebody by photo as a page and the worker would, and brings it to its end."""

    def enrolled(number: str, data: bytes, *, name: str = "") -> Person:
        person = roster.add(employee_number=number, name=name or f"Person {number}", actor=None)
        submit(person, data)
        return person

    return enrolled


def submit(person: Person, data: bytes, *, original_name: str = "photo.jpg") -> None:
    """Submit a photo and do the worker's part."""
    reference = photos.submit(person, data, original_name=original_name, actor=None)
    embedding.embed(reference.embeddings.get(encoder=engine.active_encoder()).pk)


def confirm(person: Person) -> None:
    """Say that the photo of another face, which waits, is this person too."""
    waiting = replacing.proposed(person)
    assert waiting is not None
    embedding.confirm(waiting, actor=None)


def again(data: bytes, *, quality: int = 60, scale: float = 1.0) -> bytes:
    """Return the picture as another camera might have sent it: other bytes, same face."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    if scale != 1.0:
        picture = picture.resize((round(picture.width * scale), round(picture.height * scale)))
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def plain_picture() -> bytes:
    """Return a picture without any face."""
    written = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(written, "JPEG")
    return written.getvalue()
