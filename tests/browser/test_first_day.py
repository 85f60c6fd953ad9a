"""The main task from end to end: a photo by form, a worker, a webcam at the door, a line in the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Launch, Live, enrol, listen, pair, sign_in

pytestmark = pytest.mark.browser


def test_enrolled_by_form_recognized_at_the_door_read_in_the_report(
    live: Live,
    launch: Launch,
    film: Callable[..., Path],
    complaints: list[str],
    astronaut_jpeg: bytes,
    hopper_jpeg: bytes,
    tmp_path: Path,
) -> None:
    photo = tmp_path / "eileen.jpg"
    photo.write_bytes(astronaut_jpeg)
    shown = film(astronaut_jpeg)
    browser = launch(film=shown)
    desk = listen(sign_in(browser.new_context(), live), complaints)

    enrol(desk, live, number="A-1", name="Eileen Marie Collins", photo=photo)

    tablet = browser.new_context(viewport={"width": 820, "height": 1180})
    door = listen(pair(desk, tablet, live, name="Front door"), complaints)
    expect(door.locator("#result")).to_have_attribute("data-kind", "in", timeout=30_000)
    expect(door.locator("#result-name")).to_have_text("Eileen")
    expect(door.locator("#result-word")).to_have_text("IN")
    row = door.locator(".strip").first
    expect(row).to_contain_text("Eileen IN")
    # the card goes, the row stays, and the camera looks again
    expect(door.locator("#result")).to_be_hidden(timeout=5_000)
    expect(row).to_contain_text("I meant OUT")

    desk.goto(f"{live.url}/check-ins/")
    line = desk.locator("tbody tr").first
    expect(line).to_contain_text("Eileen Marie Collins")
    expect(line).to_contain_text("Front door")
    desk.goto(f"{live.url}/attempts/")
    expect(desk.locator("tbody")).to_contain_text("Eileen Marie Collins")

    # the preview is a mirror, the picture that was sent is not
    (evidence,) = (live.var / "media" / "evidence").rglob("*.jpg")
    sent, filmed = small(evidence), small(shown)
    assert difference(sent, filmed) < 0.5 * difference(sent, filmed[:, ::-1])

    # somebody else at the same door is not let in, and is told kindly
    stranger = launch(film=film(hopper_jpeg, name="stranger"))
    other = listen(pair(desk, stranger.new_context(), live, name="Back door"), complaints)
    expect(other.locator("#result")).to_have_attribute("data-kind", "failure", timeout=30_000)
    expect(other.locator("#result-text")).to_contain_text("I did not recognize you")
    expect(other.locator("#result-actions")).to_contain_text("Use number and PIN")


def small(path: Path) -> NDArray[np.float64]:
    """Read the (first) picture as 64 by 48 shades of gray."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L").resize((64, 48)), dtype=float)


def difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.abs(one - other).mean())
