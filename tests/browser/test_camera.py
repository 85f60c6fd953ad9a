"""The door gets its camera back by itself: busy, stalled, unplugged, or missing for want of https."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Launch, Live, pair, sign_in

pytestmark = pytest.mark.browser

BUSY_TWICE = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
let refused = 0;
navigator.mediaDevices.getUserMedia = (wishes) => refused++ < 2
  ? Promise.reject(new DOMException("in use", "NotReadableError")) : real(wishes);
"""
PARTICULAR = """
const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wishes) => wishes.video === true
  ? real(wishes) : Promise.reject(new DOMException("no such", "OverconstrainedError"));
"""
INSECURE = "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"


@pytest.fixture
def door(live: Live, launch: Launch, film: Callable[..., Path], hopper_jpeg: bytes) -> Callable[[str], Page]:
    """Return a function that opens a paired door whose browser was changed by a script."""

    def opened(script: str) -> Page:
        browser = launch(film=film(hopper_jpeg))
        desk = sign_in(browser.new_context(), live)
        tablet = browser.new_context()
        tablet.add_init_script(script)
        return pair(desk, tablet, live, name=f"Door {len(script)}")

    return opened


def test_a_camera_in_use_is_told_and_taken_when_it_is_free(door: Callable[[str], Page]) -> None:
    page = door(BUSY_TWICE)
    expect(page.locator("#trouble-title")).to_have_text("Another program uses the camera")
    expect(page.locator("#trouble")).to_be_hidden(timeout=15_000)
    expect(page.locator("#result")).to_be_visible(timeout=20_000)


def test_a_camera_that_knows_no_wishes_is_asked_for_none(door: Callable[[str], Page]) -> None:
    expect(door(PARTICULAR).locator("#trouble")).to_be_hidden(timeout=15_000)


def test_without_https_the_door_says_so_and_takes_a_photo(door: Callable[[str], Page]) -> None:
    page = door(INSECURE)
    expect(page.locator("#trouble-title")).to_have_text("The camera needs https")
    expect(page.locator("#retry")).to_be_hidden()
    expect(page.locator("#trouble label")).to_have_text("Choose a photo")


def test_a_frozen_camera_is_opened_again(door: Callable[[str], Page]) -> None:
    page = door("")
    expect(page.locator("#trouble")).to_be_hidden(timeout=15_000)
    page.evaluate("document.getElementById('video').srcObject.getTracks().forEach((track) => track.stop())")
    expect(page.locator("#trouble-title")).to_have_text("The camera stopped", timeout=10_000)
    expect(page.locator("#trouble")).to_be_hidden(timeout=15_000)
    assert page.evaluate("document.getElementById('video').srcObject.getVideoTracks()[0].readyState") == "live"
