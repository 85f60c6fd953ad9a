"""Fixtures of the browser's tests: real processes as `make run` starts them, and Chromium with a film as camera."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long phrase for tests 7"
FLAGS = [
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--no-sandbox", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
FAKE_CAMERA = FLAGS[:2]
READY_WITHIN_SECONDS = 120


@dataclass(frozen=True)
class Live:
    """A running Muster: its address, and its first administrator's one-time sign-in."""

    url: str
    user_name: str
    password: str
    var: Path


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """Start web server, worker and beat under the supervisor, over an empty state folder.

    One a module: whom one enrols, another must not meet as a stranger, and the order is random.
    """
    # not pytest's own folder: another session may tidy that away while these processes live in it
    folder = tempfile.TemporaryDirectory(prefix="muster-live-", ignore_cleanup_errors=True)
    with folder as name, running(Path(name)) as started:
        yield started


@contextmanager
def running(var: Path, *, port: int | None = None) -> Iterator[Live]:
    """Start everything and stop it again; the output is shown when it does not become ready."""
    port = port or _free_port()
    environment = {**os.environ, "MUSTER_VAR": str(var), "MUSTER_PORT": str(port), "MUSTER_BIND": "127.0.0.1"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    log = (var / "run.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "config.run"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process, log.name)
        name, password = _one_time_sign_in(Path(log.name))
        yield Live(url, name, password, var)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
                if answer.status == 200 and json.load(answer):
                    return
        except (OSError, urllib.error.URLError):
            time.sleep(0.3)
    raise AssertionError(f"not ready:\n{Path(log).read_text()[-4000:]}")


def _one_time_sign_in(log: Path) -> tuple[str, str]:
    """Read what the first start prints, once it has printed it."""
    for _ in range(100):
        text = log.read_text()
        found = re.search(r"sign in as (\S+) with the one-time password (\S+)", text)
        if found:
            return found[1], found[2]
        time.sleep(0.1)
    raise AssertionError(f"no one-time sign-in:\n{log.read_text()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


Launch = Callable[..., Browser]


@pytest.fixture
def launch(playwright: Playwright) -> Iterator[Launch]:
    """Return a function that starts Chromium: with a film for a camera, a camera nobody may use, or none."""
    started: list[Browser] = []

    def launched(*, film: Path | None = None, camera: str = "film") -> Browser:
        flags = [flag for flag in FLAGS if camera == "film" or flag not in FAKE_CAMERA]
        if camera == "denied":
            flags.append("--deny-permission-prompts")
            flags.append("--use-fake-device-for-media-stream")
        if film is not None:
            flags.append(f"--use-file-for-fake-video-capture={film}")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        started.append(browser)
        return browser

    yield launched
    for browser in started:
        browser.close()


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that films a portrait: concatenated JPEGs, in which the person sways a little.

    `altered`: what becomes of each frame, such as a turn or less light.
    """

    def filmed(
        jpeg: bytes,
        *,
        name: str = "film",
        sway_pixels: int = 10,
        altered: Callable[[Image.Image], Image.Image] = lambda frame: frame,
    ) -> Path:
        portrait = Image.open(io.BytesIO(jpeg)).convert("RGB")
        portrait = portrait.resize((480 * portrait.width // portrait.height, 480))
        path = tmp_path / f"{name}.mjpeg"
        with path.open("wb") as written:
            for moment in range(36):
                frame = Image.new("RGB", (640, 480), (92, 96, 104))
                aside = round(sway_pixels * float(np.sin(moment * 2 * np.pi / 36)))
                frame.paste(portrait, ((640 - portrait.width) // 2 + aside, 0))
                out = io.BytesIO()
                altered(frame).save(out, "JPEG", quality=92)
                written.write(out.getvalue())
        return path

    return filmed


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What pages wrote to the console as errors; a test that expects some takes them out."""
    heard: list[str] = []
    yield heard
    assert heard == []


def listen(page: Page, complaints: list[str]) -> Page:
    """Hear what goes wrong in the page."""
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return page


def sign_in(context: BrowserContext, live: Live) -> Page:
    """Sign in as the administrator; the first time the one-time password is changed."""
    page = context.new_page()
    page.goto(f"{live.url}/sign-in/")
    for password in (PASSWORD, live.password):
        page.fill("[name=username]", live.user_name)
        page.fill("[name=password]", password)
        page.click("main button.button-main")
        if "/sign-in/" not in page.url:
            break
    if "password" in page.url:
        page.fill("[name=old_password]", live.password)
        page.fill("[name=new_password1]", PASSWORD)
        page.fill("[name=new_password2]", PASSWORD)
        page.click("main button.button-main")
    return page


def pair(desk: Page, tablet: BrowserContext, live: Live, *, name: str) -> Page:
    """Make a door at the desk and type its code on the tablet."""
    desk.goto(f"{live.url}/devices/")
    desk.fill("#name", name)
    desk.click("text=Add door")
    code = desk.inner_text("#pairing-code")
    page = tablet.new_page()
    page.goto(f"{live.url}/kiosk/")
    page.fill("#code", code)
    page.click("main button")
    page.wait_for_url("**/kiosk/")
    return page


def enrol(desk: Page, live: Live, *, number: str, name: str, photo: Path, state: str = "Ready") -> None:
    """Add a person by form and wait until the worker has said ready, or what else is expected."""
    desk.goto(f"{live.url}/people/")
    desk.click("main >> text=Add a person >> nth=0")
    desk.fill("[name=employee_number]", number)
    desk.fill("[name=name]", name)
    desk.set_input_files("input[type=file]", str(photo))
    desk.click("text=Add the person")
    expect(desk.locator("#enrolled .enrolled-state")).to_contain_text(state, timeout=30_000)


@pytest.fixture(scope="session", autouse=True)
def _queries_beside_the_browser() -> Iterator[None]:
    """Allow queries while a browser's loop runs in this very thread: whichever test comes first makes the database."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium beside a live server of this process; Playwright is started once, a thread holds one loop."""
    started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    yield started
    started.close()
