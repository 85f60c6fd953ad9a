"""Every text has a contrast of 4.5:1 on its background, in light and in dark."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "static/muster/css/tokens.css"
MONTHS = TOKENS.parent / "months.css"
COLOURS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", TOKENS.read_text())
}
ON_PAGES = ("ground", "surface", "sunken")
TEXT = [(ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in ON_PAGES] + [
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent-strong", "accent-tint"),
    *[(tone, f"{tone}-tint") for tone in ("good", "warn", "bad")],
    *[(tone, "surface") for tone in ("good", "warn", "bad")],
]
BORDERS = [("line-strong", "surface"), ("accent", "surface"), ("accent", "ground")]


def luminance(colour: str) -> float:
    """Relative luminance as the accessibility guidelines define it."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the ratio, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_the_known_ratio() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(ink: str, ground: str, mode: int) -> None:
    assert contrast(COLOURS[ink][mode], COLOURS[ground][mode]) >= 4.5


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("line", "ground"), BORDERS)
def test_edges_of_fields_can_be_seen(line: str, ground: str, mode: int) -> None:
    assert contrast(COLOURS[line][mode], COLOURS[ground][mode]) >= 3


MIXES = [
    int(share)
    for share in re.findall(r"color-mix\(in srgb, var\(--code, var\(--surface\)\) (\d+)%", MONTHS.read_text())
]
CORNERS = ["#" + "".join(channels) for channels in itertools.product(("00", "80", "ff"), repeat=3)]


def mixed(colour: str, ground: str, share: int) -> str:
    """Mix as the style sheet does: in sRGB, so many per cent of the colour."""
    pairs = ((int(colour[at : at + 2], 16), int(ground[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round((one * share + other * (100 - share)) / 100):02x}" for one, other in pairs)


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_whatever_colour_somebody_chooses_for_a_code_it_can_be_read(mode: int) -> None:
    assert len(MIXES) == 2
    ink, surface = COLOURS["ink"][mode], COLOURS["surface"][mode]
    worst = min(contrast(ink, mixed(colour, surface, MIXES[mode])) for colour in CORNERS)
    assert worst >= 4.5
