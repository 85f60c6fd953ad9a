"""Rules that are valid from a day; a change keeps the old rules for the days before it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from timekeeping.values import Automatic, ClockChange, Night, OvertimeRule, Rules

Nights = tuple[tuple[dt.date | None, Night | None], ...]
"""From which day which night hours hold; the first entry has no day."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Versions of the rules by their first day; the first version has none and holds before all others.

    Raises ValueError for versions that are out of order.
    """

    versions: tuple[tuple[dt.date | None, Rules], ...] = ((None, Rules()),)

    def __post_init__(self) -> None:
        days = [since for since, _ in self.versions]
        dated = [since for since in days[1:] if since is not None]
        if not days or days[0] is not None or len(dated) != len(days) - 1 or dated != sorted(set(dated)):
            raise ValueError("the first version holds always, and every further one from a later day")

    def on(self, day: dt.date) -> Rules:
        """Return the rules that hold on that day."""
        versions = self.versions
        found = versions[0][1]
        if len(versions) > 1:
            for since, rules in versions[1:]:
                if since is None or since > day:
                    break
                found = rules
        return found

    @property
    def only(self) -> Rules | None:
        """The one version, where the rules never change."""
        return self.versions[0][1] if len(self.versions) == 1 else None

    @property
    def nights(self) -> Nights:
        """The night hours by day, without versions that leave them as they are."""
        found: list[tuple[dt.date | None, Night | None]] = []
        for since, rules in self.versions:
            if not found or found[-1][1] != rules.night:
                found.append((since, rules.night))
        return tuple(found)

    @property
    def has_weekly_rule(self) -> bool:
        """Whether any version compares whole weeks with their plan."""
        return any(rules.overtime is OvertimeRule.WEEK for _, rules in self.versions)

    @property
    def fills_in_outs(self) -> bool:
        """Whether any version fills in an out that was forgotten."""
        return any(rules.automatic_out is not Automatic.OFF for _, rules in self.versions)

    def changed(self, change: Callable[[Rules], Rules]) -> RuleBook:
        """Return the book with every version changed in the same way, as a site does."""
        return RuleBook(tuple((since, change(rules)) for since, rules in self.versions))

    def clock_stretches(self, first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date, ClockChange]]:
        """Cut a period where `clock_change` changes: (first day, last day, how changes of the clocks count)."""
        starts = [first, *(since for since, _ in self.versions if since is not None and first < since <= last)]
        changes = [day for before, day in itertools.pairwise(starts) if self._counts(before) is not self._counts(day)]
        starts = [first, *changes]
        ends = [day - dt.timedelta(days=1) for day in starts[1:]] + [last]
        return [(start, end, self._counts(start)) for start, end in zip(starts, ends, strict=True)]

    def _counts(self, day: dt.date) -> ClockChange:
        return self.on(day).clock_change


def rule_book(rules: Rules | RuleBook | None) -> RuleBook:
    """Return a book of rules; one set of rules holds on every day."""
    if isinstance(rules, RuleBook):
        return rules
    return RuleBook(((None, rules or Rules()),))


def value_on(versions: Nights, day: dt.date) -> Night | None:
    """Return the night hours that hold on that day."""
    found = versions[0][1] if versions else None
    for since, night in versions[1:]:
        if since is None or since > day:
            break
        found = night
    return found
