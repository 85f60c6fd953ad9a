"""Somebody who stays before the camera is recorded once, and asked again on request."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Launch, Live, enrol, listen, pair, sign_in

pytestmark = pytest.mark.browser
SHORT_DEBOUNCE = """
from attendance.core.models import SiteSettings
SiteSettings.objects.update_or_create(pk=1, defaults={"debounce_seconds": 4})
"""


def test_whoever_stays_is_not_sent_out(
    live: Live, launch: Launch, film: Callable[..., Path], complaints: list[str], hopper_jpeg: bytes, tmp_path: Path
) -> None:
    environment = {**os.environ, "MUSTER_VAR": str(live.var), "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "manage.py", "shell", "-c", SHORT_DEBOUNCE], cwd=ROOT, env=environment, check=True)
    photo = tmp_path / "face.jpg"
    photo.write_bytes(hopper_jpeg)
    browser = launch(film=film(hopper_jpeg))
    desk = listen(sign_in(browser.new_context(), live), complaints)
    enrol(desk, live, number="P-1", name="Grace the porter", photo=photo)
    sent: list[str] = []
    tablet = browser.new_context()
    tablet.on("request", lambda asked: sent.append(asked.url) if asked.url.endswith("/kiosk/check-in") else None)
    door = listen(pair(desk, tablet, live, name="Porter's lodge"), complaints)
    expect(door.locator("#result-word")).to_have_text("IN", timeout=30_000)
    first = len(sent)
    door.wait_for_timeout(12_000)  # three times the debounce, moving all the time
    assert len(sent) == first

    door.click(".stage", position={"x": 20, "y": 20})
    expect(door.locator("#result-word")).to_have_text("OUT", timeout=20_000)
