"""The page of comparing, by dropping, drawing and clicking; nothing of it is kept."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import Launch, Live, listen, sign_in

pytestmark = pytest.mark.browser

SEVEN = [(30, 40), (110, 40), (60, 160)]
ONE = [(80, 40), (78, 160)]
BROUGHT = """([data, name, kind]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: kind }));
  return carried;
}"""


def sheet(strokes: list[tuple[int, int]], *, seed: int) -> bytes:
    """A photo of a digit; its noise makes the bytes like no others."""
    page = np.full((200, 160, 3), 235, np.uint8)
    cv2.polylines(page, [np.array(strokes, np.int32)], isClosed=False, color=(150, 50, 40), thickness=10)
    noisy = np.clip(page + np.random.default_rng(seed).normal(0, 4, page.shape), 0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".png", noisy)[1])


def drop(page: Page, field: str, data: bytes, *, name: str = "digit.png", kind: str = "image/png") -> None:
    carried = page.evaluate_handle(BROUGHT, [base64.b64encode(data).decode(), name, kind])
    target = page.locator("[data-compare]", has=page.locator(f"#{field}"))
    for event in ("dragover", "drop"):
        target.dispatch_event(event, {"dataTransfer": carried})


def draw(page: Page, field: Locator, strokes: list[tuple[int, int]]) -> None:
    """With the mouse, as a hand does: press, move in steps, let go."""
    field.get_by_role("button", name="Draw").click()
    canvas = field.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    places = [(box["x"] + 1.5 * x + 20, box["y"] + 1.3 * y) for x, y in strokes]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()
    expect(field.locator("input[type=file]")).to_have_js_property("value", "C:\\fakepath\\drawn.png")


def test_two_pictures_are_dropped_drawn_and_asked_about_again(
    live: Live, launch: Launch, complaints: list[str]
) -> None:
    page = listen(sign_in(launch().new_context(), live), complaints)
    page.goto(f"{live.url}/compare/")
    dropped = sheet(SEVEN, seed=1)
    drop(page, "first", dropped)
    expect(page.get_by_alt_text("digit.png")).to_be_visible()
    second = page.locator("[data-compare]", has=page.locator("#second"))
    draw(page, second, SEVEN)
    page.get_by_role("button", name="Compare", exact=True).dblclick()
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Alike: the same digit.", timeout=30_000)
    expect(answer).to_contain_text(re.compile(r"Similarity \d+ %, distance \d\.\d\d, threshold \d\.\d\d"))
    seen = answer.locator("img")
    expect(seen).to_have_count(2)
    for number in range(2):
        assert seen.nth(number).evaluate("image => image.complete && image.naturalWidth") == 28

    page.go_back()
    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_visible()
    drop(page, "first", sheet(SEVEN, seed=2))
    drop(page, "second", sheet(ONE, seed=3))
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#answer")).to_contain_text("Not alike: different digits.", timeout=30_000)

    marker = dropped[len(dropped) // 2 :][:48]
    kept = [path for path in Path(live.var).rglob("*") if path.is_file() and marker in path.read_bytes()]
    assert kept == []


def test_a_support_set_of_several_references(live: Live, launch: Launch, complaints: list[str]) -> None:
    page = listen(sign_in(launch().new_context(), live), complaints)
    page.goto(f"{live.url}/compare/")
    page.click("text=Choose among several classes")
    for number, (name, strokes) in enumerate((("ones", ONE), ("sevens", SEVEN)), start=1):
        page.fill(f"#name_{number}", name)
        references: list[FilePayload] = [
            {"name": f"{row}.png", "mimeType": "image/png", "buffer": sheet(strokes, seed=10 * number + row)}
            for row in range(3)
        ]
        page.set_input_files(f"#files_{number}", references)
    draw(page, page.locator("[data-compare]", has=page.locator("#query")), SEVEN)
    page.get_by_role("button", name="Classify").click()
    expect(page.locator("#answer h2")).to_have_text("Most like sevens.", timeout=30_000)
    expect(page.locator("#answer h3")).to_have_text(["sevens", "ones"])
    expect(page.locator(".compare-ranked >> nth=0 >> img")).to_have_count(4)  # three references and the query


def test_a_file_that_is_no_picture_is_said_and_the_page_goes_on(
    live: Live, launch: Launch, complaints: list[str]
) -> None:
    page = listen(sign_in(launch().new_context(), live), complaints)
    page.goto(f"{live.url}/compare/")
    drop(page, "first", b"no picture", name="notes.txt", kind="text/plain")
    drop(page, "second", sheet(ONE, seed=4))
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not a picture", timeout=30_000)
    complaints[:] = [said for said in complaints if "400" not in said]
    drop(page, "first", sheet(ONE, seed=5))
    drop(page, "second", sheet(ONE, seed=6))
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator("#answer")).to_contain_text("Alike", timeout=30_000)
