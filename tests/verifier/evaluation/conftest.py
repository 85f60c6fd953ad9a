"""The photos of `lfw_dev` and their embeddings, made once for every state of the code that they depend on."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from verifier import recognizer as recognizers
from verifier.evaluation import photos
from verifier.evaluation.photos import Album
from verifier.recognizer import Recognizer

LIBRARY = Path(recognizers.__file__).parent
BUILD = LIBRARY.parent / "build"


@pytest.fixture(scope="session")
def lfw() -> Path:
    return Path(os.environ["MUSTER_DATA"]) / "lfw_dev"


@pytest.fixture(scope="session")
def kept(lfw: Path, recognizer: Recognizer) -> Path:
    """Return the file of all embeddings."""
    code = [LIBRARY / name for name in ("image.py", "recognizer.py", "encoder.py", "origins.py")]
    code += [*(LIBRARY / "faces").glob("*.py"), *(LIBRARY / "networks").glob("*.py")]
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(code))).hexdigest()[:12]
    path = BUILD / f"lfw-{recognizer.encoder_name}-{recognizer.precision}-{state}.npz"
    if not path.exists():
        parts = shared_parts(photos.find(lfw / "images"), path)
        for part, names in parts.items():
            with claimed(part) as is_mine:  # the processes of a run share the work
                if is_mine:
                    photos.save(photos.embed(recognizer, lfw / "images", names=names), part)
        photos.save(joined([await_album(part, recognizer) for part in parts]), path)
    return path


PART = 250
"""Photos of one part."""


def shared_parts(names: list[str], path: Path) -> dict[Path, list[str]]:
    """Return the files of the parts, with the photos of each."""
    starts = range(0, len(names), PART)
    return {path.with_suffix(f".{start}.npz"): names[start : start + PART] for start in starts}


@contextlib.contextmanager
def claimed(part: Path) -> Iterator[bool]:
    """Give a part to the first process that asks; what another living process has, or had, is left alone."""
    claim = part.with_suffix(".claim")
    claim.parent.mkdir(parents=True, exist_ok=True)
    if not part.exists() and claim.exists() and not Path(f"/proc/{claim.read_text() or 0}").exists():
        claim.unlink(missing_ok=True)
    try:
        with claim.open("x") as file:
            file.write(str(os.getpid()))
    except FileExistsError:
        yield False
        return
    yield not part.exists()


LONGEST_SECONDS = 900


def await_album(part: Path, recognizer: Recognizer) -> Album:
    """Return a part as soon as its process has written it."""
    until = time.monotonic() + LONGEST_SECONDS
    while not part.exists():
        if time.monotonic() > until:
            raise TimeoutError(part)
        time.sleep(0.5)
    return photos.load(part, encoder=recognizer.encoder_name)


def joined(albums: list[Album]) -> Album:
    """Return albums as one."""
    return Album(
        names=tuple(name for album in albums for name in album.names),
        vectors=np.concatenate([album.vectors for album in albums]),
        encoder=albums[0].encoder,
        missed=tuple(name for album in albums for name in album.missed),
        reasons=tuple(code for album in albums for code in album.reasons),
    )


@pytest.fixture(scope="session")
def album(kept: Path, recognizer: Recognizer) -> Album:
    return photos.load(kept, encoder=recognizer.encoder_name)
