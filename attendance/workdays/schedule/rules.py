"""Saves the rules of the organisation, refused where the example of a shift breaks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from attendance.core import audit, clock, site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.workdays import canonical, facts
from attendance.workdays.models import Shift, WorkRules
from timekeeping.cases import examples
from timekeeping.cases.atoms import CaseError
from timekeeping.values import Rules


def save_rules(content: dict[str, Any], *, actor: User | None) -> Rules:
    """Save the organisation's settings, by the keys of the reference page. Raises `rules_invalid`, `example_fails`."""
    rules = readable_rules(content)
    content = {key: _plain(value) for key, value in content.items()}
    for row in Shift.objects.all():
        told = examples.failures(
            row.examples,
            shift=facts.shift(row),
            site=facts.main_site(),
            rules=rules,
            year=clock.today(site.zone()).year,
        )
        if told:
            raise Refusal("example_fails", difference=f"{row.name}: {told[0]}", more=len(told) - 1)
    with transaction.atomic():
        WorkRules.objects.update_or_create(since=dt.date.min, defaults={"content": content})
        audit.record("workdays.save_rules", actor=actor, subject="rules:1", content=canonical.canonical(content))
    return rules


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
        return facts.read_rules(content)
    except CaseError as error:
        raise Refusal("rules_invalid", reason=str(error)) from error
