"""Gallery protocol: the interface and the guarantees that the contract suite tests."""

from __future__ import annotations

from typing import Protocol

from verifier.values import FloatArray, Neighbour


class Gallery(Protocol):
    """References (numbers), the subject of each (an opaque number) and their embeddings.

    - A vector that is not finite, of unit length and of the right size is an `InvalidEmbedding`, in every method.
    - Distances are those of `distance.between`, to the bit; equal ones are ordered by reference number.
    - A search that begins after `remove` has returned never returns the removed reference.
    - Any method may be called from any thread at any time.
    - There is no cut-off: neighbours beyond every threshold are returned too, since look-alikes are among them.
    """

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        ...

    @property
    def encoder(self) -> str:
        """Name of the encoder of the embeddings; embeddings of other encoders must not be added."""
        ...

    def __len__(self) -> int:
        """Count the references."""
        ...

    def add(self, *, reference: int, subject: int, vector: FloatArray) -> None:
        """Add a reference; a number that is there already gets the new vector and subject."""
        ...

    def remove(self, *, reference: int) -> bool:
        """Remove a reference; False when it was not there."""
        ...

    def search(self, vector: FloatArray, *, most: int, subject: int | None = None) -> list[Neighbour]:
        """Return the nearest references, at most `most`, nearest first; only those of `subject` where it is given."""
        ...

    def search_subjects(self, vector: FloatArray, *, most: int) -> list[Neighbour]:
        """Return the nearest reference of each subject, at most `most` subjects, nearest first.

        Decisions use this method, so that ten photos of one person do not hide the runner-up.
        """
        ...

    def subject_references(self, subject: int) -> list[int]:
        """List the reference numbers of one subject, ascending."""
        ...
