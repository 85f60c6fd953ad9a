"""Image decoding: every supported file becomes upright RGB, every other one a refusal."""

from __future__ import annotations

import io
import time
import tracemalloc

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.verifier import pictures
from verifier import errors, image


@pytest.fixture(scope="module")
def scene() -> pictures.Pixels:
    """Return a smooth picture with another colour in each corner, which shows turns and swapped channels."""
    down, across = np.mgrid[0:1:96j, 0:1:64j]
    return (np.stack([across, down, 1 - (across + down) / 2], axis=2) * 255).astype(np.uint8)


def difference(one: pictures.Pixels, other: pictures.Pixels) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 95, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {"quality": 95}),
        ("AVIF", {"quality": 95}),
        ("HEIF", {"quality": 95}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PPM", {}),
    ],
)
def test_every_kind_of_file_is_read(scene: pictures.Pixels, kind: str, options: dict[str, object]) -> None:
    decoded = image.decode(pictures.written(scene, kind, **options))
    assert decoded.dtype == np.uint8
    assert not decoded.flags.writeable
    assert difference(decoded, scene) < 4


def test_a_portable_greymap_is_read(scene: pictures.Pixels) -> None:
    grey = scene[:, :, 0]
    data = b"P5\n# a collection of faces\n64 96\n255\n" + grey.tobytes()
    assert np.array_equal(image.decode(data), np.repeat(grey[:, :, None], 3, axis=2))
    with pytest.raises(errors.TooLarge):
        image.decode(b"P5 60000 60000 255\n")
    with pytest.raises(errors.BadImage):
        image.decode(data[:-200])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_applied_once(scene: pictures.Pixels, kind: str, orientation: int) -> None:
    decoded = image.decode(pictures.with_orientation(scene, orientation, kind=kind))
    assert difference(decoded, scene) < 6


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_orientation_tag_counts_as_upright(scene: pictures.Pixels) -> None:
    data = pictures.written(scene, "JPEG", quality=95, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert difference(image.decode(data), scene) < 6


def test_sixteen_bit_grey_is_scaled_and_not_clipped(scene: pictures.Pixels) -> None:
    grey = pictures.stepped_grey(scene)
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    eight = image.decode(pictures.written(grey, "PNG"))
    for kind in ("PNG", "TIFF"):
        assert np.array_equal(image.decode(pictures.written(deep, kind)), eight)


def test_sixteen_bit_grey_with_an_empty_low_byte_is_not_black(scene: pictures.Pixels) -> None:
    grey = pictures.stepped_grey(scene)
    deep = Image.fromarray(grey.astype(np.uint16) * 256)
    assert difference(image.decode(pictures.written(deep, "PNG"))[:, :, 0], grey) <= 1


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_fewer_bits_in_a_file_of_sixteen_are_scaled_by_their_range(
    scene: pictures.Pixels, kind: str, bits: int
) -> None:
    grey = pictures.stepped_grey(scene)
    assert grey.max() > 127
    deep = Image.fromarray((grey.astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16))
    assert difference(image.decode(pictures.written(deep, kind))[:, :, 0], grey) <= 1


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("ending", [".png", ".tiff"])
def test_fewer_bits_a_channel_in_a_deep_colour_file_are_scaled_too(
    scene: pictures.Pixels, ending: str, bits: int
) -> None:
    deep = (scene.astype(np.uint32) * (2**bits - 1) // 255).astype(np.uint16)
    is_written, data = cv2.imencode(ending, np.ascontiguousarray(deep[:, :, ::-1]))
    assert is_written
    assert difference(image.decode(data.tobytes()), scene) <= 1


def test_a_dark_picture_of_sixteen_bits_is_brightened_by_no_more_than_its_range_allows(scene: pictures.Pixels) -> None:
    """A picture that is dark for other reasons stays dark: half a stop is not taken for fewer bits."""
    grey = pictures.stepped_grey(scene)
    dark = Image.fromarray((grey.astype(np.uint32) * 20_000 // int(grey.max())).astype(np.uint16))
    assert 75 <= image.decode(pictures.written(dark, "PNG")).max() <= 79


def test_big_endian_sixteen_bit_grey_is_read(scene: pictures.Pixels) -> None:
    grey = pictures.stepped_grey(scene)
    values = (grey.astype(np.uint16) * 257).astype(">u2")
    big = Image.frombytes("I;16B", (grey.shape[1], grey.shape[0]), values.tobytes())
    data = pictures.written(big, "TIFF")
    assert Image.open(io.BytesIO(data)).mode == "I;16B"
    assert np.array_equal(image.decode(data)[:, :, 0], grey)


def test_cmyk_is_read_with_and_without_adobes_inversion(scene: pictures.Pixels) -> None:
    inks = Image.fromarray(scene).convert("CMYK")
    inverted = pictures.written(inks, "JPEG", quality=95, subsampling=0)  # Pillow writes Adobe's kind
    assert b"Adobe" in inverted
    assert difference(image.decode(inverted), scene) < 6
    plain = pictures.without_adobe_mark(
        pictures.written(Image.fromarray(255 - np.asarray(inks), mode="CMYK"), "JPEG", quality=95, subsampling=0)
    )
    assert difference(image.decode(plain), scene) < 6
    assert difference(image.decode(pictures.written(inks, "TIFF")), scene) < 2


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_are_composed_on_mid_grey(scene: pictures.Pixels, mode: str) -> None:
    picture = Image.fromarray(scene).convert("RGBA")
    picture.putalpha(Image.fromarray(np.repeat(np.where(np.arange(96) < 48, 0, 255), 64).reshape(96, 64).astype("u1")))
    picture = picture.convert(mode) if mode != "P" else picture.quantize(255)
    decoded = image.decode(pictures.written(picture, "PNG"))
    assert np.all(decoded[:47] == image.MATTE)
    assert decoded[50:].std() > 20


def test_grey_palette_and_one_bit_become_rgb(scene: pictures.Pixels) -> None:
    picture = Image.fromarray(scene)
    for mode in ("L", "P", "1"):
        assert image.decode(pictures.written(picture.convert(mode), "PNG")).shape == scene.shape


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_the_first_frame_of_several_is_taken(scene: pictures.Pixels, kind: str) -> None:
    second = Image.fromarray(255 - scene)
    options: dict[str, object] = {"lossless": True} if kind == "WEBP" else {}
    data = pictures.written(scene, kind, save_all=True, append_images=[second], **options)
    assert difference(image.decode(data), scene) < 12


def test_bytes_after_the_picture_are_ignored(scene: pictures.Pixels) -> None:
    jpeg = pictures.written(scene, "JPEG", quality=95)
    alone = image.decode(jpeg)
    assert np.array_equal(image.decode(jpeg + b"PK\x03\x04<script>alert(1)</script>" * 50), alone)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF", "BMP"])
def test_a_truncated_file_is_refused(hopper_jpeg: bytes, kind: str) -> None:
    whole = pictures.written(image.decode(hopper_jpeg)[100:400:3, 100:400:3], kind)
    for share in (0.02, 0.6, 0.95):
        with pytest.raises(errors.BadImage):
            image.decode(whole[: int(len(whole) * share)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"not a picture",
        b"%PDF-1.7 " * 100,
        b"PK\x03\x04" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"GIF89a/*\x00\x00*/alert(1)//",
        b"\xff\xd8\xff",
    ],
)
def test_a_file_that_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(errors.BadImage) as refused:
        image.decode(data)
    assert refused.value.facts["reason"] in {"empty", "unknown_kind", "damaged"}


def test_a_decompression_bomb_is_refused_from_its_header() -> None:
    bomb = pictures.one_bit_png(13_000, 13_000)
    assert len(bomb) < 40_000
    spent = []
    tracemalloc.start()
    for _ in range(3):
        started = time.thread_time()  # of this thread, so that a busy machine does not fail the test
        with pytest.raises(errors.TooLarge) as refused:
            image.decode(bomb)
        spent.append(time.thread_time() - started)
        assert refused.value.facts == {"what": "pixels", "value": 169_000_000, "limit": image.MAXIMUM_PIXELS}
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert min(spent) < 0.01
    assert peak_bytes < 2**20


def test_too_many_bytes_are_refused_without_decoding() -> None:
    with pytest.raises(errors.TooLarge) as refused:
        image.decode(b"\xff\xd8\xff\xe0" + bytes(image.MAXIMUM_BYTES))
    assert refused.value.facts["what"] == "bytes"


def test_only_rgb_uint8_arrays_are_accepted(scene: pictures.Pixels) -> None:
    assert np.array_equal(image.accept(scene[:, ::-1, ::-1]), scene[:, ::-1, ::-1])
    assert image.accept(scene[:, ::-1, ::-1]).flags.c_contiguous
    for wrong in (scene[:, :, 0], np.dstack([scene, scene[:, :, :1]]), scene.astype(np.float32), scene[:0]):
        with pytest.raises(errors.BadImage):
            image.accept(wrong)


def test_written_jpeg_carries_no_metadata(scene: pictures.Pixels) -> None:
    data = image.jpeg(scene, quality=90)
    assert Image.open(io.BytesIO(data)).getexif() == {}
    assert difference(image.decode(data), scene) < 4
