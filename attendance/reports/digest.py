"""The morning mail to managers: missing outs and absences of yesterday, frequent lateness, open requests."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import QuerySet

from attendance.core import clock, permissions, site
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people.models import Person
from attendance.reports import month
from attendance.reports.month import PersonMonth
from attendance.workdays.models import Correction, Leave, Revocation, State
from attendance.workdays.requests import scopes

logger = logging.getLogger(__name__)

MORNING_HOUR = 6
"""Local hour of the site in which the mails leave: the night shift is over, and nobody has begun to decide."""
LATE_OFTEN = 3
"""Late on so many days of the month is worth a line."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What there is to say to one user about one day."""

    user: User
    day: dt.date
    missing_outs: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    late_often: list[str] = field(default_factory=list)
    waiting: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nobody needs to read it."""
        return not (self.missing_outs or self.absent or self.late_often or self.waiting)

    def text(self) -> str:
        """Return the mail."""
        lines = [f"{self.day:%A} {self.day.day} {self.day:%B %Y}", ""]
        for heading, names in (
            ("Out missing", self.missing_outs),
            ("Absent", self.absent),
            (f"Late on {LATE_OFTEN} days of this month or more", self.late_often),
        ):
            if names:
                lines.extend([f"{heading}:", *(f"  {name}" for name in names), ""])
        if self.waiting:
            lines.append(
                f"{self.waiting} request{'s' if self.waiting > 1 else ''} wait for you under Months, Requests."
            )
        return "\n".join(lines).rstrip() + "\n"


def digests(*, day: dt.date | None = None) -> list[Digest]:
    """Return what everybody who decides about somebody should read about a day, yesterday where none is given."""
    zone = site.zone()
    about = day or clock.today(zone) - dt.timedelta(days=1)
    readers = [
        user
        for user in User.objects.filter(is_active=True).exclude(email="")
        if permissions.rights(user).has(Right.APPROVE_CORRECTIONS, Right.MANAGE_ATTENDANCE)
    ]
    return [found for user in readers if not (found := _digest(user, about)).is_empty]


def _digest(user: User, day: dt.date) -> Digest:
    scope = scopes.scope(user)
    people: QuerySet[Person] = scope.decidable(day, day)
    wanted = month.month(day)
    digest = Digest(
        user,
        day,
        waiting=scope.requests(Correction.objects.filter(state=State.REQUESTED), day="day").count()
        + scope.requests(Leave.objects.filter(state=State.REQUESTED), day="first").count()
        + scope.requests(Revocation.objects.filter(state=State.REQUESTED), day="day").count(),
    )
    for each in month.read(wanted, month.people(wanted, among=people)):
        _add(digest, each)
    return digest


def _add(digest: Digest, each: PersonMonth) -> None:
    found = next(day for day in each.days if day["day"] == digest.day.isoformat())
    if "missing_out" in found["flags"]:
        digest.missing_outs.append(each.person.name)
    if found["absent"] == 1:
        digest.absent.append(each.person.name)
    late = sum(bool(day["late"]) for day in each.days if day["day"] <= digest.day.isoformat())
    if found["late"] and late >= LATE_OFTEN:
        digest.late_often.append(f"{each.person.name} ({late} days)")


def is_due() -> bool:
    """Whether it is the hour of the mails at the site."""
    return clock.now().astimezone(site.zone()).hour == MORNING_HOUR


def send(*, day: dt.date | None = None) -> int:
    """Send the digests; return how many left. One address that fails is logged and stops no other."""
    sent = 0
    for digest in digests(day=day):
        subject = f"Attendance of {digest.day.day} {digest.day:%b}: {site.settings().organisation}"
        try:
            sent += send_mail(subject, digest.text(), settings.DEFAULT_FROM_EMAIL, [digest.user.email])
        except (OSError, SMTPException):
            logger.warning("a digest could not be sent to user %d", digest.user.pk, exc_info=True)
    return sent
