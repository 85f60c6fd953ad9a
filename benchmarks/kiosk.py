"""Waiting time before a door, measured in Chromium with a recorded camera: `python -m benchmarks.kiosk`.

The system runs as `make run` starts it, with the two portraits enrolled through the worker and one paired door. The
page is opened again for each round. Two waiting times are measured inside it, up to the animation frame that paints
the answer: from the request with the first frame in which a face was found, and from the request with the frames to
recognize.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks import frames, service

FLAGS = [
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--no-sandbox", "--disable-gpu",
    "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
FILM_FRAMES = 30
ANSWERED_WITHIN_MS = 90_000
PAINTED_WITHIN_MS = 500
WATCH = """
const seen = window.seen = { face: null, sent: null, shown: null };
const plain = window.fetch;
window.fetch = async (...asked) => {
  const at = performance.now();
  const address = String(asked[0]);
  if (address.endsWith("/check-in")) seen.sent ??= at;
  const answer = await plain(...asked);
  if (address.endsWith("/look") && answer.status === 200 && seen.face === null) {
    if ((await answer.clone().json()).faces.length) seen.face = at;
  }
  return answer;
};
document.addEventListener("DOMContentLoaded", () => {
  const card = document.getElementById("result");
  new MutationObserver(() => {
    if (!card.hidden) requestAnimationFrame(() => { seen.shown ??= performance.now(); });
  }).observe(card, { attributes: true, attributeFilter: ["hidden"] });
});
"""


def main() -> None:
    """Start the system, open the kiosk page several times, and print the waiting times."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kiosk", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--port", type=int, default=8129)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["MUSTER_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        with service.running(Path(folder), port=arguments.port):
            rounds = _rounds(Path(folder), port=arguments.port, count=arguments.rounds)
    print(json.dumps({"rounds": len(rounds), **_summary(rounds), "load": os.getloadavg()[0]}))


def _rounds(var: Path, *, port: int, count: int) -> list[dict[str, float]]:
    import django

    from benchmarks import state

    django.setup()
    (token,) = state.doors(1)
    state.enrol(state.fill(var / "photos", list(frames.variations(frames.portraits(), count=2))))
    film = var / "film.mjpeg"
    film.write_bytes(frames.frames(frames.portraits()[:1], size="640x480")[0] * FILM_FRAMES)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*FLAGS, f"--use-file-for-fake-video-capture={film}"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        address = f"http://127.0.0.1:{port}/kiosk/"
        context.add_cookies([{"name": "muster_door", "value": token, "url": address}])
        context.add_init_script(WATCH)
        page = context.new_page()
        found = [_round(page, address) for _ in range(count)]
        browser.close()
    return found


def _round(page: Page, address: str) -> dict[str, float]:
    page.goto(address)
    page.locator("#result").wait_for(state="visible", timeout=ANSWERED_WITHIN_MS)
    page.wait_for_timeout(PAINTED_WITHIN_MS)
    kind = page.get_attribute("#result", "data-kind")
    if kind not in {"in", "out", "already"}:
        raise RuntimeError(f"not recognized: {kind}")
    seen: dict[str, float] = page.evaluate("window.seen")
    return {
        "first_face_to_answer_ms": seen["shown"] - seen["face"],
        "frames_sent_to_answer_ms": seen["shown"] - seen["sent"],
    }


def _summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    return {
        name: {"median": round(float(np.median(values))), "most": round(max(values))}
        for name in rounds[0]
        if (values := [one[name] for one in rounds])
    }


if __name__ == "__main__":
    main()
