"""Whoever is not known at once gets a hint and time, and is refused only after four better frames."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

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


def frames_read(live: Live) -> list[int]:
    """Return the number of frames of each attempt at the door."""
    door = "SELECT id FROM attendance_device WHERE name = 'Sunny door'"
    query = f"SELECT json_extract(facts, '$.frames') FROM attendance_attempt WHERE device_id = ({door}) ORDER BY id"
    with contextlib.closing(sqlite3.connect(live.var / "muster.sqlite3", timeout=20)) as database:
        return [int(frames) for (frames,) in database.execute(query)]


def test_a_stranger_in_sunglasses_is_asked_to_take_them_off_before_the_door_says_no(
    live: Live, launch: Launch, film: Callable[..., Path], complaints: list[str], covered_jpeg: bytes
) -> None:
    browser = launch(film=film(covered_jpeg))
    desk = sign_in(browser.new_context(), live)
    door = listen(pair(desk, browser.new_context(), live, name="Sunny door"), complaints)

    expect(door.locator("#hint-text")).to_have_text("Take the glasses off, please", timeout=30_000)
    assert frames_read(live) == [2]
    expect(door.locator("#result-text")).to_contain_text("Take the glasses off", timeout=30_000)
    assert frames_read(live) == [2, 4]
    expect(door.locator("#result-actions button")).to_have_text(["Use number and PIN", "Try again"])
