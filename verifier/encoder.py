"""Encoder: crops in, embeddings of unit length out.

One set of weights encodes both sides, the reference and the probe (a Siamese network).
Crops are encoded one by one. A batch is no faster on one thread, and its matrix products are summed in another
order, so the last bits would depend on the other crops of the batch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verifier import errors
from verifier.checkpoints import Preparation
from verifier.inference.network import Network
from verifier.values import FloatArray, frozen_array


class Encoder:
    """Encodes crops as embeddings of unit length; threads may share one."""

    def __init__(self, network: Network, *, name: str, preparation: Preparation) -> None:
        self.name = name
        self.preparation = preparation
        self._network = network

    @property
    def runtime(self) -> str:
        """Name and version of what runs the network."""
        return self._network.runtime

    @property
    def precision(self) -> str:
        """float32 or bfloat16."""
        return self._network.precision

    def encode(self, crops: NDArray[np.uint8]) -> FloatArray:
        """Return float32 (n, d), each of length 1, for uint8 crops (n, height, width, channels).

        Raises:
            InvalidEmbedding: a vector is not finite or has length 0; it must never be stored.
            BadImage: the crops have another shape or depth.
        """
        wanted = (self.preparation.height_pixels, self.preparation.width_pixels, self.preparation.channels)
        if crops.ndim != 4 or crops.shape[1:] != wanted or crops.dtype != np.uint8:
            raise errors.BadImage(reason="not_a_crop", shape=str(crops.shape), wanted=str(wanted))
        vectors = np.concatenate([self._encode_one(crop) for crop in crops])
        return unit_length(vectors)

    def _encode_one(self, crop: NDArray[np.uint8]) -> FloatArray:
        pixels = crop.astype(np.float32).transpose(2, 0, 1)[None]
        values = (pixels - np.float32(self.preparation.mean)) * np.float32(self.preparation.scale)
        return self._network.run(np.ascontiguousarray(values))


def unit_length(vectors: FloatArray) -> FloatArray:
    """Return the vectors (n, d) scaled to length 1, or raise InvalidEmbedding."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or np.any(lengths < 1e-6):
        raise errors.InvalidEmbedding(vectors=len(vectors))
    return frozen_array((vectors / lengths).astype(np.float32))


SELF_TEST_COSINE = 0.9
"""The two patterns of the self-test must stay below this cosine; after a failed load all embeddings are equal."""


def self_test(encoder: Encoder) -> None:
    """Encode two unrelated patterns; raise InvalidEmbedding when their embeddings are nearly equal."""
    size = encoder.preparation.height_pixels
    ramp = np.linspace(0, 255, size, dtype=np.uint8)
    across = np.repeat(np.tile(ramp, (size, 1))[:, :, None], 3, axis=2)
    rings = np.hypot(*np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j])
    round_one = np.repeat((127.5 + 127.5 * np.cos(9 * rings)).astype(np.uint8)[:, :, None], 3, axis=2)
    vectors = encoder.encode(np.stack([across, round_one]))
    cosine = float(vectors[0] @ vectors[1])
    if not cosine < SELF_TEST_COSINE:
        raise errors.InvalidEmbedding(strangers_cosine=round(cosine, 6), limit=SELF_TEST_COSINE)
