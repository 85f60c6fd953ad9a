"""Sampling of batches (P classes x K pictures) and of pairs.

Batches are drawn by a generator of their own (never the global one), so that the seed determines the whole order. No
picture is twice in a batch, since nothing is learnt from a genuine pair of a picture with itself. Every class, and
every picture of a class, is drawn once before any is drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.learning import refusals

Indices = NDArray[np.int64]


@dataclass(slots=True)
class _Deck:
    """Cards drawn without replacement, shuffled again when too few are left."""

    cards: Indices
    order: list[int] = field(default_factory=list)

    def draw(self, count: int, generator: np.random.Generator) -> list[int]:
        """Return up to `count` different cards; fewer only when the deck is smaller."""
        count = min(count, len(self.cards))
        taken, self.order = self.order[:count], self.order[count:]
        if len(taken) < count:
            left = np.setdiff1d(self.cards, np.asarray(taken, dtype=np.int64))
            fresh = [int(card) for card in generator.permutation(left)]
            missing = count - len(taken)
            taken, self.order = [*taken, *fresh[:missing]], fresh[missing:]
        return taken


class ClassBatches:
    """An endless iterator of batches: row numbers of P classes with K genuine pictures (and F forgeries) each.

    A class with fewer than K pictures gives all it has, once. `state` and `restore` keep the exact position, so that a
    continued run gets the same batches as an uninterrupted one.
    """

    def __init__(
        self,
        labels: Indices,
        *,
        classes: int,
        pictures: int,
        seed: int,
        forged: NDArray[np.bool_] | None = None,
        forgeries: int = 0,
    ) -> None:
        genuine = np.ones(len(labels), dtype=bool) if forged is None else ~forged
        known = np.unique(labels[genuine])
        if len(known) < 2:
            raise refusals.OneClassOnly(label=str(known[0]) if len(known) else "none")
        for label in known:
            found = int((labels[genuine] == label).sum())
            if found < 2:
                raise refusals.ClassTooSmall(label=str(label), pictures=found, needed=2)
        self.classes, self.pictures, self.forgeries = min(classes, len(known)), pictures, forgeries
        self._generator = np.random.Generator(np.random.PCG64(seed))
        self._classes = _Deck(known.astype(np.int64))
        self._genuine = {int(label): _Deck(np.flatnonzero((labels == label) & genuine)) for label in known}
        self._forged = {int(label): _Deck(np.flatnonzero((labels == label) & ~genuine)) for label in known}

    def __iter__(self) -> Iterator[Indices]:
        return self

    def __next__(self) -> Indices:
        rows: list[int] = []
        for label in self._classes.draw(self.classes, self._generator):
            rows += self._genuine[label].draw(self.pictures, self._generator)
            rows += self._forged[label].draw(self.forgeries, self._generator)
        return np.asarray(rows, dtype=np.int64)

    def state(self) -> dict[str, Any]:
        """JSON values: the generator and what is left of every deck."""
        return {
            "generator": self._generator.bit_generator.state,
            "classes": self._classes.order,
            "genuine": {str(label): deck.order for label, deck in self._genuine.items()},
            "forged": {str(label): deck.order for label, deck in self._forged.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken; raises `StateInvalid` when it belongs to other data."""
        if set(state["genuine"]) != {str(label) for label in self._genuine}:
            raise refusals.StateInvalid(path="", reason="the classes of the data have changed")
        self._generator.bit_generator.state = state["generator"]
        self._classes.order = list(state["classes"])
        for name, decks in (("genuine", self._genuine), ("forged", self._forged)):
            for label, order in state[name].items():
                decks[int(label)].order = list(order)


class Partners:
    """Draws a picture of the same class from the other source for each row of a batch, each once before any again.

    A class with fewer pictures than are needed at once gives some of them twice.
    """

    def __init__(self, labels: Indices, *, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64([seed, 2]))
        self._decks = {int(label): _Deck(np.flatnonzero(labels == label)) for label in np.unique(labels)}

    def draw(self, labels: Indices) -> Indices:
        """Return one row for each of these labels (n,)."""
        rows = np.empty(len(labels), dtype=np.int64)
        for label in np.unique(labels):
            wanted = np.flatnonzero(labels == label)
            drawn: list[int] = []
            while len(drawn) < len(wanted):
                drawn += self._decks[int(label)].draw(len(wanted) - len(drawn), self._generator)
            rows[wanted] = drawn
        return rows

    def state(self) -> dict[str, Any]:
        """JSON values: the generator and what is left of every deck."""
        return {
            "generator": self._generator.bit_generator.state,
            "decks": {str(label): deck.order for label, deck in self._decks.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken; raises `StateInvalid` when it belongs to other data."""
        if set(state["decks"]) != {str(label) for label in self._decks}:
            raise refusals.StateInvalid(path="", reason="the classes of the second source have changed")
        self._generator.bit_generator.state = state["generator"]
        for label, order in state["decks"].items():
            self._decks[int(label)].order = list(order)


@dataclass(frozen=True, slots=True, eq=False)
class PairList:
    """Row numbers of the two sides and whether they show the same class."""

    first: Indices
    second: Indices
    same: NDArray[np.bool_]


def balanced_pairs(labels: Indices, *, genuine: int, impostor: int, seed: int) -> PairList:
    """Draw this many genuine and impostor pairs, never a picture with itself.

    Classes have equal weight, so that a large class does not dominate. Raises ClassTooSmall or OneClassOnly where
    there are no pairs of a kind.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    several = [group for group in groups if len(group) > 1]
    if genuine and not several:
        raise refusals.ClassTooSmall(label="every class", pictures=1, needed=2)
    if impostor and len(groups) < 2:
        raise refusals.OneClassOnly(label=str(labels[0]) if len(labels) else "none")
    first, second = np.empty(genuine + impostor, np.int64), np.empty(genuine + impostor, np.int64)
    for index in range(genuine):
        group = several[generator.integers(len(several))]
        one = generator.integers(len(group))
        other = (one + 1 + generator.integers(len(group) - 1)) % len(group)
        first[index], second[index] = group[one], group[other]
    for index in range(genuine, genuine + impostor):
        one = generator.integers(len(groups))
        other = (one + 1 + generator.integers(len(groups) - 1)) % len(groups)
        first[index], second[index] = generator.choice(groups[one]), generator.choice(groups[other])
    return PairList(first, second, np.arange(genuine + impostor) < genuine)


def cross_pairs(first: Indices, second: Indices, *, genuine: int, impostor: int, seed: int) -> PairList:
    """Draw pairs across two sources: the first side from rows of `first`, the second from rows of `second`.

    Both hold labels of one numbering. Raises OneClassOnly for fewer than two common classes.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    known = np.intersect1d(first, second)
    if len(known) < 2:
        raise refusals.OneClassOnly(label=str(known[0]) if len(known) else "none")
    here = generator.integers(len(known), size=genuine + impostor)
    there = (here + 1 + generator.integers(len(known) - 1, size=len(here))) % len(known)
    there[:genuine] = here[:genuine]
    rows = [_draw_rows(labels, known[wanted], generator) for labels, wanted in ((first, here), (second, there))]
    return PairList(rows[0], rows[1], np.arange(genuine + impostor) < genuine)


def _draw_rows(labels: Indices, wanted: Indices, generator: np.random.Generator) -> Indices:
    """Return a random row of each wanted label."""
    order = np.argsort(labels, kind="stable")
    begins, ends = (np.searchsorted(labels[order], wanted, side=side) for side in ("left", "right"))
    return np.asarray(order[begins + generator.integers(ends - begins)], dtype=np.int64)
