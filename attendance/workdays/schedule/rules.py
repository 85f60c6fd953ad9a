"""The rules of the organisation by day; a version is refused where the example of a shift breaks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import periods
from attendance.people.periods import Periods
from attendance.workdays import canonical, plans
from attendance.workdays.models import Shift, WorkRules
from attendance.workdays.schedule import valid_from
from timekeeping import overtime
from timekeeping.cases import examples
from timekeeping.cases.atoms import CaseError
from timekeeping.values import OvertimeRule, Rules


def versions() -> Periods[dict[str, Any]]:
    """Return what was saved, by the first day on which it holds; nothing was said before the first one."""
    rows = WorkRules.objects.order_by("since").values_list("since", "content")
    return tuple(rows)


def content_on(day: dt.date) -> dict[str, Any]:
    """Return the settings that hold on a day, as they were typed."""
    return periods.value_on(versions(), day, otherwise={})


def save_rules(content: dict[str, Any], *, since: dt.date | None = None, actor: User | None) -> Rules:
    """Save the organisation's settings, by the keys of the reference page, from a day on.

    They hold until the next version; without a day from the first that is not closed. What holds already is not
    written once more. Raises `rules_invalid`, `example_fails`, `day_closed`, `week_closed`.
    """
    rules = readable_rules(content)
    first = valid_from.first_day(since)
    valid_from.assure_open(first)
    _assure_whole_weeks(rules, first)
    if not differs(content, since=first):
        return rules
    content = {key: _plain(value) for key, value in content.items()}
    for row in Shift.objects.all():
        found = examples.failures(
            row.examples,
            shift=plans.shift(row),
            site=plans.main_site(),
            rules=rules,
            year=clock.today(site.zone()).year,
        )
        if found:
            raise Refusal("example_fails", difference=f"{row.name}: {found[0]}", more=len(found) - 1)
    with transaction.atomic():
        _write(periods.changed(versions(), content, since=first, before={}))
        audit.record(
            "workdays.save_rules",
            actor=actor,
            subject="rules:1",
            content=canonical.canonical(content),
            since=first.isoformat(),
        )
        valid_from.record(first)
    return rules


def differs(content: dict[str, Any], *, since: dt.date) -> bool:
    """Whether these settings, from a day on, are others than those that were saved."""
    plain = {key: _plain(value) for key, value in content.items()}
    return _with_beginning(periods.changed(versions(), plain, since=since, before={})) != _with_beginning(versions())


def _with_beginning(known: Periods[dict[str, Any]]) -> Periods[dict[str, Any]]:
    """Return the versions with what held before the first one, where nobody had said anything."""
    return periods.merged(sorted({periods.ALWAYS: {}, **dict(known)}.items(), key=lambda each: each[0]))


def _assure_whole_weeks(rules: Rules, first: dt.date) -> None:
    """Refuse to cut a week that began in a closed month: what its closed days came to is paid with its last day."""
    present, closed = plans.rule_book().on(first), valid_from.closed_until()
    begins = overtime.first_of_week(first, present)
    is_weekly = OvertimeRule.WEEK in {present.overtime, rules.overtime}
    if closed is None or begins == first or begins > closed or not is_weekly:
        return
    if overtime.weekly_settings(present) != overtime.weekly_settings(rules):
        raise Refusal("week_closed", first_whole=(begins + dt.timedelta(days=7)).isoformat())


def _write(kept: Periods[dict[str, Any]]) -> None:
    WorkRules.objects.exclude(since__in=[since for since, _ in kept]).delete()
    for since, content in kept:
        WorkRules.objects.update_or_create(since=since, defaults={"content": content})


def withdraw(row: WorkRules, *, actor: User | None) -> None:
    """Take back a version; the one before goes on. Raises `day_closed`, and `example_fails` as saving does."""
    before = [content for since, content in versions() if since < row.since]
    save_rules(before[-1] if before else {}, since=row.since, actor=actor)


def _plain(value: Any) -> Any:
    """Write times as text: TOML knows them, JSON does not."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, dt.time | dt.date) else value


def readable_rules(content: dict[str, Any]) -> Rules:
    """Read settings; raises `rules_invalid` with what is wrong."""
    try:
        return plans.read_rules(content)
    except CaseError as error:
        raise Refusal("rules_invalid", reason=str(error)) from error
