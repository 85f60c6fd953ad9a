"""What is said of a time that was entered for a closed month in which an entry by hand changes the same."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from attendance.core.permissions import Right
from attendance.people.models import Person
from attendance.web import access
from attendance.workdays.months import order, overlaps


def warn(request: HttpRequest, person: Person, day: dt.date) -> None:
    """Say that the day's closed month would be adjusted twice, with the way to both for whoever may go there."""
    if order.in_force(day) is None or not overlaps.is_in_month(person, day):
        return
    said = f"An entry by hand changes the same of {day:%B %Y} already, and both would be paid: is it still needed?"
    if access.has(request, Right.MANAGE_ATTENDANCE):
        link = format_html('<a href="{}">Adjustments</a>', reverse("adjustments"))
        messages.warning(request, format_html("{} Look at {}.", said, link))
    else:
        messages.warning(request, f"{said} Ask whoever closes the months.")
