"""Everybody who is signed in can compare two pictures; the result is in words and nothing is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from attendance.core.models import User
from attendance.recognition import comparing

SEVEN = [(30, 40), (110, 40), (60, 160)]
OTHER_SEVEN = [(25, 45), (105, 38), (70, 160)]
ONE = [(80, 40), (78, 160)]


def drawn(strokes: list[tuple[int, int]], *, pen: tuple[int, int, int] = (40, 40, 160)) -> SimpleUploadedFile:
    sheet = np.full((200, 160, 3), 240, np.uint8)
    cv2.polylines(sheet, [np.array(strokes, np.int32)], isClosed=False, color=pen, thickness=10, lineType=cv2.LINE_AA)
    return SimpleUploadedFile("drawn.png", bytes(cv2.imencode(".png", sheet)[1]), "image/png")


def send(client: Client, **fields: Any) -> Any:
    return client.post(reverse("compare"), fields)


def test_two_sevens_are_alike_and_shown_as_the_encoder_saw_them(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    assert "Digits" in client.get(reverse("compare")).text
    page = send(client, kind="digits", first=drawn(SEVEN), second=drawn(OTHER_SEVEN, pen=(160, 40, 40)))
    assert page.status_code == 200
    assert "Alike: the same digit." in page.text
    assert page.text.count("data:image/png;base64,") == 2
    assert page.context["shown"].percent > 90


def test_a_seven_and_a_one_are_not(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    page = send(client, kind="digits", first=drawn(SEVEN), second=drawn(ONE))
    assert "Not alike: different digits." in page.text
    assert page.context["shown"].percent < 10


def test_a_support_set_names_the_class_without_training(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    page = send(
        client,
        kind="digits", mode="set", name_1="ones", name_2="<b>sevens</b>",
        files_1=[drawn(ONE)], files_2=[drawn(SEVEN), drawn(SEVEN)], query=drawn(OTHER_SEVEN),
    )  # fmt: skip
    assert page.context["choice"].name == "<b>sevens</b>"
    assert "&lt;b&gt;sevens&lt;/b&gt;" in page.text
    assert [shown.verdict for shown in page.context["ranking"]] == ["Alike.", "Not alike."]


def test_a_tie_is_no_answer(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    page = send(client, kind="digits", mode="set", files_1=[drawn(SEVEN)], files_2=[drawn(SEVEN)], query=drawn(SEVEN))
    assert "None of them clearly." in page.text


def test_two_faces(client: Client, stranger: User, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> None:
    client.force_login(stranger)
    one, other = (SimpleUploadedFile("a.jpg", data, "image/jpeg") for data in (astronaut_jpeg, hopper_jpeg))
    page = send(client, kind="faces", first=one, second=other)
    assert "Not alike: two people." in page.text


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"kind": "digits"}, "No picture arrived"),
        ({"kind": "digits", "first": b"nonsense", "second": b"more"}, "not a picture"),
        ({"kind": "digits", "first": b"", "second": b""}, "not a picture"),
        ({"kind": "digits", "mode": "set", "query": b"x"}, "No picture arrived"),
    ],
)
def test_invalid_pictures_are_explained(client: Client, stranger: User, fields: dict[str, Any], word: str) -> None:
    client.force_login(stranger)
    files = {
        key: SimpleUploadedFile("x.png", value) if isinstance(value, bytes) else value for key, value in fields.items()
    }
    page = send(client, **files)
    assert page.status_code == 400
    assert word in page.text


def test_a_blank_sheet_is_refused(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    blank = SimpleUploadedFile("b.png", bytes(cv2.imencode(".png", np.full((50, 50), 255, np.uint8))[1]))
    assert send(client, kind="digits", first=blank, second=drawn(ONE)).status_code == 400


def test_nothing_is_kept(client: Client, stranger: User) -> None:
    client.force_login(stranger)
    media = Path(settings.MEDIA_ROOT)
    before = sorted(media.rglob("*")) if media.exists() else []
    page = send(client, kind="digits", first=drawn(SEVEN), second=drawn(ONE))
    assert (sorted(media.rglob("*")) if media.exists() else []) == before
    assert "no-store" in page.headers["Cache-Control"]


def test_only_what_is_installed_is_offered() -> None:
    assert set(comparing.kinds()) <= set(comparing.KINDS)
    assert {"faces", "digits"} <= set(comparing.kinds())
