"""Calibration table of an encoder: distance <-> false-match rate, and a similarity of 0 to 1.

`evaluation.calibrating` fits the table on pairs of photos of known people; the encoder's card keeps it. It holds
numbers only. The rates are the *upper* end of what the fit allows, so that an error of the fit lets fewer strangers
in, not more.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from verifier import errors

SMALLEST_RATE = 1e-12
"""Smallest rate of a table, above 0 so that its logarithm exists; no data reach it."""

SMALLEST_LENGTH = 0.1
"""Shortest mean that counts as one; frames of one person have 0.8 and more."""

COLUMNS = ("distances", "false_match_rates", "false_non_match_rates")


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One encoder's table.

    `distances`: ascending. At each: `false_match_rates`, the share of pairs of different people that lie at or
    below it (upper end, rising), and `false_non_match_rates`, the share of pairs of one person that lie beyond it
    (falling). `smallest_supported_rate`: the smallest false-match rate that was counted and not extrapolated.
    `midpoint_distance`, `slope_distance`: the logistic curve that separates the two kinds of pair.
    `averaging_distance`: by how much strangers come nearer to the mean of several frames, see `nearer_by`.
    `data`, `people`, `impostor_pairs`, `genuine_pairs`: what it was fitted on.
    """

    distances: tuple[float, ...]
    false_match_rates: tuple[float, ...]
    false_non_match_rates: tuple[float, ...]
    smallest_supported_rate: float
    midpoint_distance: float
    slope_distance: float
    averaging_distance: float = 0.0
    data: str = ""
    people: int = 0
    impostor_pairs: int = 0
    genuine_pairs: int = 0

    def __post_init__(self) -> None:
        """Refuse a table that no fit can have produced: a threshold taken from it would have no meaning."""
        columns = (self.distances, self.false_match_rates, self.false_non_match_rates)
        if len(self.distances) < 2 or len({len(column) for column in columns}) != 1:
            raise errors.ModelWrong(file="calibration", expected="three columns of one length", found="others")
        table = np.array(columns, dtype=np.float64)
        scalars = (self.smallest_supported_rate, self.midpoint_distance, self.slope_distance, self.averaging_distance)
        if not np.isfinite(table).all() or not np.isfinite(scalars).all() or self.slope_distance <= 0:
            raise errors.ModelWrong(file="calibration", expected="finite numbers", found="others")
        steps = np.diff(table, axis=1)
        if (steps[0] <= 0).any() or (steps[1] < 0).any() or (steps[2] > 0).any() or self.distances[0] < 0:
            raise errors.ModelWrong(file="calibration", expected="monotone columns", found="others")
        if (table[1:] < 0).any() or (table[1:] > 1).any() or self.averaging_distance < 0:
            raise errors.ModelWrong(file="calibration", expected="rates from 0 to 1", found="others")

    def distance_at(self, false_match_rate: float) -> float:
        """Return the largest distance at which at most this share of impostor pairs is accepted; 0 if there is none."""
        wanted = math.log(max(false_match_rate, SMALLEST_RATE))
        logarithms = self._log_rates()
        if wanted >= logarithms[-1]:
            return self.distances[-1]
        above = int(np.searchsorted(logarithms, wanted, side="right"))  # first row whose rate is larger
        if above == 0:
            return 0.0
        low, high = logarithms[above - 1], logarithms[above]
        share = (wanted - low) / (high - low)
        return float(self.distances[above - 1] + share * (self.distances[above] - self.distances[above - 1]))

    def nearer_by(self, mean_length: float) -> float:
        """Return by how much strangers come nearer when several frames are averaged into one probe.

        `mean_length`: length of the mean of the frames' unit vectors, 1 for one frame and for equal ones. Averaging
        takes away what is peculiar to single frames and leaves what all faces have in common, in proportion to
        1 / length: the impostors' cosines rise as a whole, and keep their spread.
        """
        return self.averaging_distance * max(0.0, 1.0 / max(mean_length, SMALLEST_LENGTH) - 1.0)

    def false_match_rate_at(self, distance: float) -> float:
        """Return the share of pairs of different people at or below this distance (upper end)."""
        return float(math.exp(np.interp(distance, self.distances, self._log_rates())))

    def _log_rates(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.log(np.maximum(self.false_match_rates, SMALLEST_RATE))

    def false_non_match_rate_at(self, distance: float) -> float:
        """Return the share of pairs of one person beyond this distance, who would be refused at this threshold."""
        return float(np.interp(distance, self.distances, self.false_non_match_rates))

    def supports(self, false_match_rate: float) -> bool:
        """Return whether this rate was counted in the data; below it the table is extrapolated."""
        return false_match_rate >= self.smallest_supported_rate

    def similarity(self, distance: float) -> float:
        """Return 0 (surely two people) to 1 (surely one), 0.5 where both are equally likely for equally many pairs."""
        exponent = (distance - self.midpoint_distance) / self.slope_distance
        return 1.0 / (1.0 + math.exp(min(exponent, 700.0)))

    def to_card(self) -> dict[str, Any]:
        """Return JSON values for the encoder's card."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> Self:
        """Read what `to_card` wrote; raise `ModelWrong` when it is not a table."""
        known = {field.name for field in fields(cls)}
        try:
            values: dict[str, Any] = {name: card[name] for name in known & card.keys()}
            for column in COLUMNS:
                values[column] = tuple(values[column])
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise errors.ModelWrong(file="calibration", expected="a table", found=str(error)) from error
