"""The rules of a further site: when a missing out is filled in; all other rules hold everywhere."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache

from attendance.people import periods
from attendance.people.models import Site
from attendance.people.periods import Periods
from timekeeping.rule_book import RuleBook
from timekeeping.values import Automatic, Rules


@dataclass(frozen=True, slots=True)
class AtSite:
    """The rules of one site; `automatic_at` None: the time of the organisation's rules."""

    automatic_out: Automatic
    automatic_tolerance_minutes: int
    automatic_at: dt.time | None

    def over(self, rules: Rules) -> Rules:
        """Return the organisation's rules as they hold there."""
        return _over(rules, self)


@lru_cache(maxsize=64)
def _over(rules: Rules, own: AtSite) -> Rules:
    """The very same value for everybody there: plans and reasons hang on it."""
    return replace(
        rules,
        automatic_out=own.automatic_out,
        automatic_tolerance_minutes=own.automatic_tolerance_minutes,
        automatic_at=own.automatic_at or rules.automatic_at,
    )


@lru_cache(maxsize=256)
def at_sites(book: RuleBook, own: Periods[AtSite | None]) -> RuleBook:
    """Return the rules as they hold where a person works, by day; the very same value for everybody there."""
    days = {since for since, _ in book.versions if since is not None} | {since for since, _ in own}

    def on(day: dt.date) -> Rules:
        here = periods.value_on(own, day, otherwise=None)
        return book.on(day) if here is None else here.over(book.on(day))

    later = sorted(days - {periods.ALWAYS})
    return RuleBook(((None, on(periods.ALWAYS)), *((day, on(day)) for day in later)))


def of_site(row: Site) -> AtSite | None:
    """Return the rules of the site itself; None where the rules of the organisation hold."""
    if not row.automatic_out:
        return None
    return AtSite(Automatic(row.automatic_out), row.automatic_tolerance_minutes, row.automatic_at)
