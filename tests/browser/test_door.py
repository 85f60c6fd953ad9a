"""The door under faults: no camera, no network, wrong PINs, double taps."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Launch, Live, listen, pair, sign_in

pytestmark = pytest.mark.browser
PIN = "4718"


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return iter(range(1, 100))


@pytest.fixture
def desk(live: Live, launch: Launch) -> Page:
    return sign_in(launch(camera="none").new_context(), live)


@pytest.fixture
def typist(desk: Page, live: Live, numbers: Iterator[int]) -> str:
    """Somebody without a photo who has a number and a PIN."""
    number = f"T-{next(numbers)}"
    desk.goto(f"{live.url}/people/")
    desk.click("main >> text=Add a person >> nth=0")
    desk.fill("[name=employee_number]", number)
    desk.fill("[name=name]", f"Toni {number}")
    desk.click("text=Add the person")
    desk.fill("form[action$='pin/'] input[type=password], form[action$='pin/'] [name=pin]", PIN)
    desk.click("form[action$='pin/'] >> text=Set")
    return number


def open_door(live: Live, launch: Launch, desk: Page, *, name: str, complaints: list[str], **camera: object) -> Page:
    context: BrowserContext = launch(**camera).new_context(viewport={"width": 1280, "height": 800})
    return listen(pair(desk, context, live, name=name), complaints)


def type_pin(door: Page, number: str, pin: str) -> None:
    if not door.locator("#pin-form").is_visible():
        door.click("#open-pin")
    door.fill("#pin-number", number)
    door.fill("#pin-pin", pin)
    door.press("#pin-pin", "Enter")


def test_number_and_pin_with_a_mistake_and_taken_back(
    live: Live, launch: Launch, desk: Page, typist: str, complaints: list[str]
) -> None:
    door = open_door(live, launch, desk, name="Typing door", complaints=complaints, camera="none")
    type_pin(door, typist, "9911")
    expect(door.locator("#pin-error")).to_contain_text("do not belong together")
    type_pin(door, typist, PIN)
    expect(door.locator("#result-word")).to_have_text("IN")
    expect(door.locator("#pin-form")).to_be_hidden()
    # a double tap is one tap
    door.locator("text=I meant OUT").dblclick(force=True)
    expect(door.locator(".strip")).to_contain_text("OUT")
    expect(door.locator(".strip")).to_contain_text("instead")
    expect(door.locator(".strip button")).to_have_count(0)
    desk.goto(f"{live.url}/check-ins/?q={typist}")
    # nothing is edited: both lines are there, and the first one says why it does not count
    expect(desk.locator("tbody tr")).to_have_count(2)
    expect(desk.locator("tbody tr:has-text('taken back')")).to_have_count(1)


def move_back(live: Live, number: str, *, hours: int) -> dt.datetime:
    """Let the check-ins of somebody have happened earlier; return when the last one was."""
    rows = "FROM attendance_checkin WHERE person_id = (SELECT id FROM attendance_person WHERE employee_number = ?)"
    with contextlib.closing(sqlite3.connect(live.var / "muster.sqlite3", timeout=20)) as database, database:
        for key, at in database.execute(f"SELECT id, at {rows}", [number]).fetchall():
            moved = dt.datetime.fromisoformat(at) - dt.timedelta(hours=hours)
            database.execute("UPDATE attendance_checkin SET at = ? WHERE id = ?", [str(moved), key])
        return max(dt.datetime.fromisoformat(at) for (at,) in database.execute(f"SELECT at {rows}", [number]))


def test_a_forgotten_out_is_asked_for_and_never_holds_up_the_door(
    live: Live, launch: Launch, desk: Page, typist: str, complaints: list[str]
) -> None:
    door = open_door(live, launch, desk, name="Morning door", complaints=complaints, camera="none")
    type_pin(door, typist, PIN)
    expect(door.locator("#result-word")).to_have_text("IN")
    came = move_back(live, typist, hours=24)
    type_pin(door, typist, PIN)
    expect(door.locator("#result-question")).to_contain_text("When did you leave yesterday?")
    expect(door.locator("#result-actions button")).to_have_text(["Choose the time", "Ask me later"])
    # nobody answers: the card goes by itself, and the next check-in asks again
    expect(door.locator("#result")).to_be_hidden(timeout=12_000)
    move_back(live, typist, hours=1)
    type_pin(door, typist, PIN)
    door.click("text=Choose the time")
    expect(door.locator("#left-form")).to_be_visible()
    door.fill("#left-time", f"{came - dt.timedelta(hours=2):%H:%M}")
    door.click("text=Send to my manager")
    expect(door.locator("#left-error")).to_contain_text("Nobody stays that long")
    door.fill("#left-time", f"{came + dt.timedelta(minutes=30):%H:%M}")
    door.click("text=Send to my manager")
    expect(door.locator("#result-text")).to_contain_text("waits for your manager's approval")
    desk.goto(f"{live.url}/requests/")
    expect(desk.locator(".request", has_text=typist)).to_contain_text(f"out {came + dt.timedelta(minutes=30):%H:%M}")


@pytest.mark.parametrize(("camera", "words"), [("none", "No camera found"), ("denied", "The camera is not allowed")])
def test_without_a_camera_the_door_says_what_to_do_and_number_and_pin_still_work(
    live: Live, launch: Launch, desk: Page, typist: str, complaints: list[str], camera: str, words: str
) -> None:
    door = open_door(live, launch, desk, name=f"Door {camera}", complaints=complaints, camera=camera)
    expect(door.locator("#trouble-title")).to_have_text(words, timeout=15_000)
    type_pin(door, typist, PIN)
    expect(door.locator("#result-word")).to_have_text("IN")
    # the trouble is still told when the answer has gone
    expect(door.locator("#result")).to_be_hidden(timeout=5_000)
    expect(door.locator("#trouble-title")).to_be_visible()


def test_a_photo_can_be_used_where_there_is_no_camera(
    live: Live, launch: Launch, desk: Page, complaints: list[str], tmp_path: Path
) -> None:
    door = open_door(live, launch, desk, name="Photo door", complaints=complaints, camera="none")
    wrong = tmp_path / "letter.jpg"
    wrong.write_text("this is a letter")
    door.set_input_files("#upload", str(wrong))
    expect(door.locator("#result-text")).to_contain_text("not a picture")


def test_the_line_goes_and_comes_back(
    live: Live,
    launch: Launch,
    desk: Page,
    typist: str,
    complaints: list[str],
    film: Callable[..., Path],
    hopper_jpeg: bytes,
) -> None:
    door = open_door(live, launch, desk, name="Lonely door", complaints=[], film=film(hopper_jpeg))
    expect(door.locator("#result")).to_be_visible(timeout=30_000)
    door.context.set_offline(True)
    type_pin(door, typist, PIN)
    expect(door.locator("#pin-error")).to_contain_text("No connection")
    expect(door.locator("#line")).to_contain_text("No connection to the server")
    door.context.set_offline(False)
    expect(door.locator("#line")).to_be_hidden(timeout=10_000)
    type_pin(door, typist, PIN)
    expect(door.locator("#result-word")).to_have_text("IN")


def test_a_check_in_that_could_not_be_sent_waits_and_is_sent(
    live: Live, launch: Launch, desk: Page, film: Callable[..., Path], hopper_jpeg: bytes
) -> None:
    door = open_door(live, launch, desk, name="Slow door", complaints=[], camera="none")
    door.close()
    browser = launch(film=film(hopper_jpeg))
    context = browser.new_context()
    context.route("**/kiosk/check-in", lambda route: route.abort())
    door = pair(desk, context, live, name="Slower door")
    expect(door.locator("#result-name")).to_have_text("Kept for now", timeout=30_000)
    expect(door.locator("#line")).to_contain_text("1 check-in waits")
    context.unroute("**/kiosk/check-in")
    expect(door.locator("#line")).to_be_hidden(timeout=15_000)
    expect(door.locator("#result")).to_have_attribute("data-kind", "failure", timeout=10_000)


def test_a_door_that_finds_too_many_waiting_sends_the_same_again(
    live: Live, launch: Launch, desk: Page, typist: str, complaints: list[str]
) -> None:
    door = open_door(live, launch, desk, name="Patient door", complaints=complaints, camera="none")
    turned_away: list[str] = []

    def turn_away_twice(route: Route) -> None:
        if len(turned_away) == 2:
            route.continue_()
            return
        turned_away.append(route.request.url)
        busy = {"answer": "refused", "code": "busy", "message": "Too many people at once."}
        route.fulfill(status=503, headers={"Retry-After": "1"}, json=busy)

    door.context.route("**/kiosk/pin", turn_away_twice)
    type_pin(door, typist, PIN)
    expect(door.locator("#result-word")).to_have_text("IN", timeout=15_000)
    assert len(turned_away) == 2
    complaints[:] = [each for each in complaints if "503" not in each]  # the browser says so of each


def test_a_revoked_door_shuts_at_once(live: Live, launch: Launch, desk: Page, complaints: list[str]) -> None:
    door = open_door(live, launch, desk, name="Old door", complaints=complaints, camera="none")
    desk.goto(f"{live.url}/devices/")
    desk.click("tr:has-text('Old door') >> text=Revoke")
    door.click("#open-pin")
    door.fill("#pin-number", "1")
    door.fill("#pin-pin", PIN)
    door.press("#pin-pin", "Enter")
    door.wait_for_url("**/kiosk/pair/")
    complaints.clear()  # the browser tells of the 403


def test_only_a_moving_picture_is_looked_at(
    live: Live, launch: Launch, desk: Page, film: Callable[..., Path], complaints: list[str], hopper_jpeg: bytes
) -> None:
    """A still picture is looked at until it is answered, and then left alone."""
    looks: list[str] = []
    browser = launch(film=film(hopper_jpeg, sway_pixels=0))
    context = browser.new_context()
    context.on("request", lambda request: looks.append(request.url) if request.url.endswith("/look") else None)
    door = listen(pair(desk, context, live, name="Still door"), complaints)
    expect(door.locator("#result")).to_be_visible(timeout=30_000)
    seen = len(looks)
    assert 3 <= seen < 60
    door.wait_for_timeout(3_500)
    assert len(looks) <= seen + 1
