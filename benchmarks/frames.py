"""Test frames: webcam pictures of 640x480 and 1280x720 with a face at arm's length.

Two public-domain portraits in a bare clone; the photos of a folder when one is given.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from PIL import Image
from skimage import data

SIZES = {"640x480": (640, 480), "1280x720": (1280, 720)}
PORTRAIT_SHARE = 0.9
"""Height of the portrait in the frame: the face is then 70 to 130 pixels wide at 480 lines."""
QUALITY = 85


def portraits() -> list[Image.Image]:
    """Return the two portraits that come inside pinned packages."""
    hopper = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return [Image.fromarray(data.astronaut()), Image.open(hopper).convert("RGB")]  # type: ignore[no-untyped-call]  # the package has no types


def pictures(folder: Path | None, *, most: int) -> list[Image.Image]:
    """Return one photo each of the first people in the folder, or the portraits."""
    if folder is None:
        return portraits()
    firsts = [min(person.glob("*.jpg")) for person in sorted(folder.iterdir()) if any(person.glob("*.jpg"))]
    step = max(1, len(firsts) // most)
    return [Image.open(path).convert("RGB") for path in firsts[::step][:most]]


def frames(chosen: list[Image.Image], *, size: str) -> list[bytes]:
    """Return each picture in the middle of a grey frame, as JPEG."""
    return [_frame(picture, SIZES[size]) for picture in chosen]


def _frame(picture: Image.Image, size: tuple[int, int]) -> bytes:
    scale = PORTRAIT_SHARE * size[1] / picture.height
    fitted = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", size, (118, 116, 112))
    frame.paste(fitted, ((size[0] - fitted.width) // 2, (size[1] - fitted.height) // 2))
    return _jpeg(frame)


def variations(chosen: list[Image.Image], *, count: int) -> Iterator[bytes]:
    """Yield so many photos to enrol: the pictures in turn, each time a little smaller."""
    for number in range(count):
        picture = chosen[number % len(chosen)]
        scale = 1.0 - 0.002 * (number // len(chosen))
        yield _jpeg(picture.resize((round(picture.width * scale), round(picture.height * scale))))


def glance(frame: bytes) -> bytes:
    """Return the small frame that a door sends for its live box and hints."""
    picture = Image.open(io.BytesIO(frame))
    return _jpeg(picture.resize((320, round(320 * picture.height / picture.width))), quality=70)


def _jpeg(picture: Image.Image, *, quality: int = QUALITY) -> bytes:
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()
