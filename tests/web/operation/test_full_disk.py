"""When the disk of the server is full, pages say so and nothing is half kept."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from attendance.enrolment.models import Import
from attendance.people.models import Person, ReferenceImage


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """No file of this process may grow beyond 300 kB: the system itself refuses to write on."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def full(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def kept(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def test_adding_somebody_says_so_and_leaves_nothing(
    desk: Client, media: Path, hopper_jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", full)
    photo = SimpleUploadedFile("hopper.jpg", hopper_jpeg)
    answered = desk.post(reverse("enrol"), {"employee_number": "1", "name": "Grace", "photo": photo})
    assert answered.status_code == 422
    assert "The disk of the server is full." in answered.text
    assert not Person.objects.exists()
    assert not ReferenceImage.objects.exists()
    assert kept(media) == []


def test_an_import_says_so_and_leaves_nothing(
    desk: Client, media: Path, small_files_only: None, hopper_jpeg: bytes
) -> None:
    photos = [SimpleUploadedFile(f"{number}.jpg", hopper_jpeg + bytes(200_000)) for number in range(3)]
    answered = desk.post(reverse("imports"), {"files": photos})
    assert answered.status_code == 422
    assert "The server cannot write to its disk." in answered.text
    assert not Import.objects.exists()
    assert kept(media) == []
