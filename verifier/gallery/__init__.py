"""Galleries: add, remove and search the embeddings of references.

Every implementation passes the same contract suite, `tests/verifier/gallery/test_contract.py`.
"""

from __future__ import annotations

from verifier.gallery import snapshot
from verifier.gallery.contract import Gallery
from verifier.gallery.divided import DividedGallery
from verifier.gallery.flat import FlatGallery

__all__ = ["DividedGallery", "FlatGallery", "Gallery", "snapshot"]
