"""The door asks when it is not sure, and takes back a wrong check-in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Launch, Live, enrol, listen, pair, sign_in

pytestmark = pytest.mark.browser


def test_two_people_with_one_face_are_told_apart_by_number_and_pin_and_a_mistake_is_taken_back(
    live: Live, launch: Launch, film: Callable[..., Path], complaints: list[str], astronaut_jpeg: bytes, tmp_path: Path
) -> None:
    photo = tmp_path / "face.jpg"
    photo.write_bytes(astronaut_jpeg)
    browser = launch(film=film(astronaut_jpeg))
    desk = listen(sign_in(browser.new_context(), live), complaints)
    enrol(desk, live, number="E-1", name="Eileen Collins", photo=photo)
    enrol(desk, live, number="E-2", name="Ellen Collins", photo=photo, state="Waits for a decision")
    desk.fill("#pin [name=pin]", "4718")
    desk.click("#pin >> text=Set")

    door = listen(pair(desk, browser.new_context(), live, name="Twins' door"), complaints)
    expect(door.locator("#doubt-form")).to_be_visible(timeout=30_000)
    for number, pin, wrong in (
        ("E-7", "", "does not fit this face"),
        ("E-2", "", "type your PIN too"),
        ("E-2", "4718", ""),
    ):
        door.fill("#doubt-number", number)
        door.fill("#doubt-pin", pin)
        door.press("#doubt-pin", "Enter")
        if wrong:
            expect(door.locator("#doubt-error")).to_contain_text(wrong)
    expect(door.locator("#result-name")).to_have_text("Ellen")
    expect(door.locator("#doubt-form")).to_be_hidden()

    door.click("text=Not me")
    door.click("#result-actions >> text=Use number and PIN")  # at once: the card goes by itself
    expect(door.locator("#pin-form")).to_be_visible()
    expect(door.locator("#result-name")).to_have_text("Sorry about that")
    expect(door.locator(".strip")).to_have_count(0)
    desk.goto(f"{live.url}/check-ins/")
    expect(desk.locator("tbody tr")).to_contain_text("taken back: not me")
