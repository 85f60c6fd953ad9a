"""The interface of a network that runs, whichever runtime runs it."""

from __future__ import annotations

from typing import Protocol

from verifier.values import FloatArray


class Network(Protocol):
    """One input and one output; threads may share it.

    `runtime`: name and version of what runs it; `precision`: float32 or bfloat16.
    """

    @property
    def runtime(self) -> str:
        """Name and version of the runtime."""

    @property
    def precision(self) -> str:
        """Return float32 or bfloat16."""

    def run(self, values: FloatArray) -> FloatArray:
        """Return the output for an input of float32 (1, channels, height, width); the array is the caller's own."""
