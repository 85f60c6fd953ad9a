"""The photos of `lfw_dev` and their embeddings, made once for every state of the code that they depend on."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

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
        photos.save(photos.embed(recognizer, lfw / "images", names=photos.find(lfw / "images")), path)
    return path


@pytest.fixture(scope="session")
def album(kept: Path, recognizer: Recognizer) -> Album:
    return photos.load(kept, encoder=recognizer.encoder_name)
