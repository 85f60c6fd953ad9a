"""Whoever is not known at once gets a hint and time, and is refused only after four better frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Request, expect

from benchmarks import hindrances
from tests.browser.conftest import Launch, Live, listen, pair, sign_in
from verifier import image
from verifier.recognizer import Recognizer

pytestmark = pytest.mark.browser


@pytest.fixture
def covered_jpeg(hopper_jpeg: bytes) -> bytes:
    """The portrait with sunglasses."""
    picture = image.decode(hopper_jpeg)
    face = Recognizer.open().prepare(picture, purpose=None).face
    drawn = np.random.default_rng(0)
    return image.jpeg(hindrances.with_sunglasses(picture, face.landmarks, drawn=drawn), quality=92)


def test_a_stranger_in_sunglasses_is_asked_to_take_them_off_before_the_door_says_no(
    live: Live, launch: Launch, film: Callable[..., Path], complaints: list[str], covered_jpeg: bytes
) -> None:
    sent: list[int] = []

    def count(request: Request) -> None:
        if request.url.endswith("/kiosk/check-in"):
            sent.append((request.post_data_buffer or b"").count(b'name="frame"'))

    browser = launch(film=film(covered_jpeg))
    desk = sign_in(browser.new_context(), live)
    tablet = browser.new_context()
    tablet.on("request", count)
    door = listen(pair(desk, tablet, live, name="Sunny door"), complaints)

    expect(door.locator("#hint-text")).to_have_text("Take the glasses off, please", timeout=30_000)
    assert sent == [2]
    expect(door.locator("#result-text")).to_contain_text("Take the glasses off", timeout=30_000)
    assert sent == [2, 4]
    expect(door.locator("#result-actions button")).to_have_text(["Use number and PIN", "Try again"])
