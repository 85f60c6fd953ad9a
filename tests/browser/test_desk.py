"""Check-in at a desk by webcam and by file, also with impatient clicks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Launch, Live, enrol, listen, sign_in

pytestmark = pytest.mark.browser


def test_by_webcam_then_by_file_then_back(
    live: Live,
    launch: Launch,
    film: Callable[..., Path],
    complaints: list[str],
    hopper_jpeg: bytes,
    tmp_path: Path,
) -> None:
    photo, letter = tmp_path / "grace 😀 נייר.jpg", tmp_path / "letter.jpg"
    photo.write_bytes(hopper_jpeg)
    letter.write_text("this is a letter")
    page = listen(sign_in(launch(film=film(hopper_jpeg)).new_context(), live), complaints)
    enrol(page, live, number="G-1", name="Grace Hopper", photo=photo)

    page.goto(f"{live.url}/check-in/")
    page.click("#open-camera")
    page.click("#shoot", timeout=15_000)
    expect(page.locator("#answer")).to_contain_text("Grace", timeout=15_000)
    expect(page.locator("#answer")).to_contain_text("IN at")

    # sent twice by an impatient hand, this time as a file: the same event
    page.goto(f"{live.url}/check-in/")
    page.set_input_files("#photo", str(photo))
    page.dblclick("text=Check in with this photo")
    expect(page.locator("#answer")).to_contain_text("Already recorded at", timeout=15_000)
    # neither the back button nor a reload sends it again
    page.reload()
    expect(page.locator("#answer")).to_contain_text("Already recorded at")
    page.go_back()
    page.set_input_files("#photo", str(letter))
    page.click("text=Check in with this photo")
    expect(page.locator("#answer")).to_contain_text("not a picture")
    page.goto(f"{live.url}/check-ins/?q=Grace")
    expect(page.locator("tbody tr")).to_have_count(1)
