"""A bulk enrolment is read, previewed, started, stopped and reported, file by file."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from attendance.core.models import User
from attendance.enrolment import photos
from attendance.enrolment.models import Import, ImportRow
from attendance.people import roster
from attendance.people.models import Person


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"


def packed(**files: bytes) -> SimpleUploadedFile:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__dot__", "."), data)
    return SimpleUploadedFile("team.zip", written.getvalue())


def test_a_zip_is_previewed_before_anything_happens(desk: Client) -> None:
    answered = desk.post(
        reverse("imports"), {"files": packed(**{"1_Mei.jpg": b"x", "2_Ben.jpg": b"y", "notes.txt": b"z"})}
    )
    batch = Import.objects.get()
    assert answered.headers["Location"] == reverse("import_detail", args=[batch.pk])
    page = desk.get(answered.headers["Location"]).text
    assert "<strong>2</strong> new people" in page
    assert "This is not a picture." in page
    assert not Person.objects.exists()

    desk.post(reverse("start_import", args=[batch.pk]))
    running = desk.get(reverse("import_progress", args=[batch.pk]))
    assert "1 of 3" in running.text
    assert "HX-Refresh" not in running.headers
    desk.post(reverse("cancel_import", args=[batch.pk]))
    stopped = desk.get(reverse("import_progress", args=[batch.pk]))
    assert stopped.headers["HX-Refresh"] == "true"
    assert "Go on" in stopped.text
    exported = desk.get(reverse("import_detail", args=[batch.pk]), {"format": "csv"}).getvalue().decode()
    assert exported.splitlines()[0] == "photo,employee_number,name,department,verdict,code"
    assert "1_Mei.jpg,1,Mei" in exported


@pytest.mark.parametrize("upload", [None, SimpleUploadedFile("a.zip", b"no zip"), SimpleUploadedFile("a.zip", b"")])
def test_an_unreadable_upload_is_reported_and_kept_out(desk: Client, upload: SimpleUploadedFile | None) -> None:
    answered = desk.post(reverse("imports"), {"files": upload} if upload else {})
    assert answered.status_code == 422
    assert "Nothing was changed." in answered.text
    assert not Import.objects.exists()


def test_starting_twice_is_no_accident(desk: Client) -> None:
    desk.post(reverse("imports"), {"files": packed(**{"1_Mei.jpg": b"x"})})
    batch = Import.objects.get()
    for _ in range(2):
        assert desk.post(reverse("start_import", args=[batch.pk])).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "running"


def test_everybody_leaves_in_a_zip_that_is_read_again(desk: Client, administrator: User, hopper_jpeg: bytes) -> None:
    grace = roster.add(employee_number="007", name="Grace 李 =1+1", department="Navy", actor=administrator)
    photos.submit(grace, hopper_jpeg, original_name="grace.jpg", actor=administrator)
    answered = desk.post(reverse("export_people"))
    assert answered.headers["Content-Type"] == "application/zip"
    assert desk.get(reverse("export_people")).status_code == 405
    desk.post(reverse("imports"), {"files": SimpleUploadedFile("again.zip", answered.getvalue())})
    row = ImportRow.objects.get()
    assert (row.employee_number, row.name, row.department) == ("007", "Grace 李 =1+1", "Navy")
    assert row.code == ""
