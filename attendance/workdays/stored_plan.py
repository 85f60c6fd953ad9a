"""Plan and rules as JSON values: site, shifts, holidays, the site's own word about missing outs, rules by day.

A closing keeps the plans that were in force, each once: people of one department share theirs.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from attendance.people import periods
from attendance.people.periods import Periods
from attendance.workdays.site_rules import AtSite
from timekeeping.rule_book import RuleBook, rule_book
from timekeeping.values import Assignment, Holiday, Roster, Rules, Site, ZoneChange

Stretches = tuple[tuple[dt.date, dt.date], ...]
"""First and last days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was planned for somebody; joining and leaving are facts and no part of it."""

    site: Site
    assignments: tuple[Assignment, ...] = ()
    calendar: tuple[Holiday, ...] = ()
    automatic: Periods[AtSite | None] = ()

    def roster(self, *, joined: dt.date | None, left: dt.date | None, earlier: Stretches = ()) -> Roster:
        """Return the roster of whoever is employed from `joined` to `left`, and was in `earlier` stretches."""
        return Roster(site=self.site, assignments=self.assignments, joined=joined, left=left, earlier=earlier)


def from_json(content: dict[str, Any]) -> Plan:
    """Return the plan of its JSON form; keys that are no longer known are left out, new ones have their defaults."""
    return msgspec.convert(content, Plan)


@dataclass(slots=True)
class PlanTable:
    """Numbers plans in the order of their coming; equal ones share a number."""

    numbers: dict[Plan, int] = field(default_factory=dict)

    def number(self, plan: Plan) -> int:
        """Return the number of a plan."""
        return self.numbers.setdefault(plan, len(self.numbers))

    def to_json(self) -> list[dict[str, Any]]:
        """Return all plans by number."""
        return [to_json(plan) for plan in self.numbers]


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the JSON form of a plan."""
    content: dict[str, Any] = msgspec.to_builtins(plan)
    for assignment in content["assignments"]:  # sets have no order of their own
        for key in ("week_days", "half_days"):
            assignment["shift"][key] = sorted(assignment["shift"][key])
    return content


def joined_at(closed: Plan, present: Plan, *, closed_until: dt.date) -> Plan:
    """Return the plan that holds as it was closed up to a day, and as it is now from the next day on."""
    opens = closed_until + dt.timedelta(days=1)
    assignments = [
        replace(each, last=min(each.last or closed_until, closed_until))
        for each in closed.assignments
        if each.first is None or each.first <= closed_until
    ]
    assignments += [
        replace(each, first=max(each.first or opens, opens))
        for each in present.assignments
        if each.last is None or each.last >= opens
    ]
    # each holiday holds where it held: the site may have got another name since
    calendar = [replace(each, site=None) for each in closed.calendar if _is_here(each, closed) and each.day < opens]
    calendar += [replace(each, site=None) for each in present.calendar if _is_here(each, present) and each.day >= opens]
    return Plan(
        site=_zones(closed.site, present.site, opens),
        assignments=tuple(assignments),
        calendar=tuple(calendar),
        automatic=_automatic(closed.automatic, present.automatic, opens),
    )


def _is_here(holiday: Holiday, plan: Plan) -> bool:
    return holiday.site in {None, plan.site.name}


def _automatic(
    closed: Periods[AtSite | None], present: Periods[AtSite | None], opens: dt.date
) -> Periods[AtSite | None]:
    """Return what the sites said of the closed days, and what they say of the open ones."""
    if closed == present:
        return present
    before = [(since, said) for since, said in closed or ((periods.ALWAYS, None),) if since < opens]
    after = [(since, said) for since, said in present if since > opens]
    return periods.merged([*before, (opens, periods.value_on(present, opens, otherwise=None)), *after])


def _zones(closed: Site, present: Site, opens: dt.date) -> Site:
    """Return the present site with the zones that the closed days had."""
    if closed.zone == present.zone and closed.changes == present.changes:
        return present
    changes = [each for each in closed.changes if each.since < opens]
    now = present.zone_on(opens)
    if (changes[-1].zone if changes else closed.zone) != now:
        changes.append(ZoneChange(opens, now))
    changes += [each for each in present.changes if each.since > opens]
    return replace(present, zone=closed.zone, changes=tuple(changes))


def rules_to_json(rules: RuleBook | Rules) -> list[dict[str, Any]]:
    """Return the versions of the rules, each with its first day."""
    return [
        {"since": since.isoformat() if since else None, "rules": msgspec.to_builtins(version)}
        for since, version in rule_book(rules).versions
    ]


def rules_from_json(content: list[dict[str, Any]]) -> RuleBook:
    """Return the rules of their JSON form."""
    return RuleBook(
        tuple(
            (dt.date.fromisoformat(each["since"]) if each["since"] else None, msgspec.convert(each["rules"], Rules))
            for each in content
        )
    )
