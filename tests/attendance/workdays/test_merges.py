"""Two records of one person become one and two again: open days move, closed months stand, nothing is paid twice."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine

from attendance.checkins.models import CheckIn, CheckInMove
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry, User
from attendance.enrolment import membership
from attendance.people.models import Person, PersonMerge
from attendance.privacy import erasure
from attendance.recognition import pairs
from attendance.workdays import facts, merges
from attendance.workdays.models import Assignment, ClosedMonth, MonthClosing
from attendance.workdays.months import adjustments, reopening
from attendance.workdays.requests import corrections, leaves, revocations
from tests import cast, factories
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, JANUARY, NOVEMBER, close, correct
from timekeeping.values import Direction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
EIGHT = 8 * 60


@pytest.fixture
def hr() -> User:
    return cast.user("hr", role="HR")


@pytest.fixture
def ann() -> Person:
    return office.employee("Ann Lee", shift=office.day_shift())


@pytest.fixture
def double(ann: Person) -> Person:
    """The same person once more, as an import may have added her: employed, without a shift of her own."""
    return office.employee("Ann Lee", employee_number="X9")


def worked(person: Person, text: str) -> int:
    day = dt.date.fromisoformat(text)
    [(_, [found])] = facts.derive(Person.objects.filter(pk=person.pk), day, day)
    return found.worked // 60


def absent(person: Person, first: str, last: str) -> int:
    period = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    [(_, days, _)] = facts.months(Person.objects.filter(pk=person.pk), *period)
    return sum(day.absent > 0 for day in days)


def merge(ann: Person, double: Person, hr: User, at: str = "2026-12-10 09:00") -> PersonMerge:
    with time_machine.travel(office.at(at), tick=False):
        return merges.merge(ann, double, reason="enrolled twice", actor=hr)


def apart(row: PersonMerge, hr: User, at: str) -> PersonMerge:
    with time_machine.travel(office.at(at), tick=False):
        return merges.take_apart(row, actor=hr)


def owners() -> list[str | None]:
    return list(CheckIn.objects.order_by("at", "pk").values_list("person__employee_number", flat=True))


def test_open_days_move_and_closed_months_stay(ann: Person, double: Person, hr: User) -> None:
    office.punches(double, "2026-11-02 08:00", "2026-11-02 17:00", "2026-12-02 08:00", "2026-12-02 17:00")
    office.punches(ann, "2026-12-03 08:00", "2026-12-03 17:00")
    close(NOVEMBER, "2026-12-02 18:00")
    before = {row.person_id: row.totals for row in ClosedMonth.objects.all()}
    row = merge(ann, double, hr)
    assert (worked(ann, "2026-12-02"), worked(ann, "2026-12-03")) == (EIGHT, EIGHT)
    assert (worked(double, "2026-11-02"), worked(double, "2026-12-02")) == (9 * 60, 0)
    assert owners() == ["X9", "X9"] + [ann.employee_number] * 4
    assert list(adjustments.find(DECEMBER)) == []
    assert {row.person_id: row.totals for row in ClosedMonth.objects.all()} == before
    assert row.first_day == DECEMBER
    assert CheckInMove.objects.count() == 2
    assert AuditEntry.objects.filter(action="people.merge").count() == 1
    double.refresh_from_db()
    assert not double.is_active
    assert absent(double, "2026-12-01", "2026-12-31") == 0
    assert not facts.employed(DECEMBER, dt.date(2026, 12, 31)).filter(pk=double.pk).exists()
    assert facts.employed(NOVEMBER, dt.date(2026, 11, 30)).filter(pk=double.pk).exists()

    apart(row, hr, "2026-12-11 09:00")
    assert (worked(ann, "2026-12-02"), worked(double, "2026-12-02")) == (0, 9 * 60)
    assert owners() == ["X9"] * 4 + [ann.employee_number] * 2
    assert CheckInMove.objects.count() == 4
    assert list(adjustments.find(DECEMBER)) == []
    double.refresh_from_db()
    assert double.is_active
    assert facts.employed(DECEMBER, dt.date(2026, 12, 31)).filter(pk=double.pk).exists()
    with pytest.raises(Refusal, match="taken_apart"):
        merges.take_apart(row, actor=hr)


def test_without_a_closed_month_everything_moves(ann: Person, double: Person, hr: User) -> None:
    office.punches(double, "2026-10-05 08:00", "2026-10-05 17:00")
    row = merge(ann, double, hr)
    assert (worked(ann, "2026-10-05"), worked(double, "2026-10-05")) == (EIGHT, 0)
    close(NOVEMBER.replace(month=10), "2026-12-12 09:00")
    assert not ClosedMonth.objects.filter(person=double).exists()
    apart(row, hr, "2026-12-13 09:00")
    assert worked(ann, "2026-10-05") == EIGHT
    assert list(adjustments.find(NOVEMBER)) == []


def test_a_night_over_the_border_stays_whole(ann: Person, hr: User) -> None:
    night = office.night_shift(week_days="mon-sun")
    double = office.employee("Ann Lee", employee_number="X9", department="Night")
    Assignment.objects.create(shift=night, department=double.department)
    office.punches(double, "2026-11-30 22:00", "2026-12-01 06:00", "2026-12-01 22:00", "2026-12-02 06:00")
    close(NOVEMBER, "2026-12-02 12:00")
    merge(ann, double, hr)
    assert owners() == ["X9", "X9", ann.employee_number, ann.employee_number]
    assert worked(double, "2026-11-30") == EIGHT
    assert list(adjustments.find(DECEMBER)) == []


def test_an_out_that_closes_a_night_of_a_closed_month_is_an_adjustment(double: Person, hr: User) -> None:
    """She came under one number and left under the other: the closed night is whole only now."""
    nora = office.employee("Nora", shift=office.night_shift(week_days="mon-sun"))
    office.punches(nora, "2026-11-30 22:00")
    office.punches(double, "2026-12-01 06:00")
    close(NOVEMBER, "2026-12-02 12:00")
    row = merge(nora, double, hr)
    [found] = adjustments.find(DECEMBER)
    assert (found.person_id, found.quantities["worked"]) == (nora.pk, EIGHT * 60)
    apart(row, hr, "2026-12-11 09:00")
    assert owners() == [nora.employee_number, "X9"]
    assert list(adjustments.find(DECEMBER)) == []


def test_what_was_adjusted_in_a_file_stays_when_it_is_taken_apart(double: Person, hr: User) -> None:
    nora = office.employee("Nora", shift=office.night_shift(week_days="mon-sun"))
    office.punches(nora, "2026-11-30 22:00")
    office.punches(double, "2026-12-01 06:00")
    close(NOVEMBER, "2026-12-02 12:00")
    row = merge(nora, double, hr)
    close(DECEMBER, "2027-01-03 09:00")
    apart(row, hr, "2027-01-04 09:00")
    assert owners() == [nora.employee_number] * 2
    assert list(adjustments.find(JANUARY)) == []


def test_taking_apart_after_a_later_closing_leaves_what_was_closed(ann: Person, double: Person, hr: User) -> None:
    office.punches(double, "2026-11-02 08:00", "2026-11-02 17:00", "2026-12-02 08:00", "2026-12-02 17:00")
    close(NOVEMBER, "2026-12-02 18:00")
    row = merge(ann, double, hr)
    with time_machine.travel(office.at("2027-01-02 09:00"), tick=False):
        later = office.at("2027-01-02 08:00")
        moved = factories.check_in(ann, later)
        CheckInMove.objects.create(check_in=moved, before=double, person=ann, merge=row, at=later)
    close(DECEMBER, "2027-01-03 09:00")
    apart(row, hr, "2027-01-04 09:00")
    assert worked(ann, "2026-12-02") == EIGHT
    assert CheckIn.objects.get(pk=moved.pk).person == double
    assert absent(double, "2026-12-01", "2026-12-31") == 0
    assert list(adjustments.find(JANUARY)) == []
    row.refresh_from_db()
    assert row.apart_day == JANUARY
    assert facts.employed(JANUARY, dt.date(2027, 1, 31)).filter(pk=double.pk).exists()

    root = cast.user("root", role="Administrator")
    with time_machine.travel(office.at("2027-01-05 09:00"), tick=False):
        reopening.reopen(MonthClosing.objects.get(month=DECEMBER), reason="x", actor=root)
    assert worked(ann, "2026-12-02") == EIGHT


def test_what_cannot_move_is_named(ann: Person, double: Person, hr: User) -> None:
    office.punches(double, "2026-12-02 08:00")
    kind = office.leave_type()
    shift = office.night_shift()

    def refused() -> Refusal:
        with pytest.raises(Refusal) as raised:
            merge(ann, double, hr)
        assert not PersonMerge.objects.exists()
        return raised.value

    given = Assignment.objects.create(shift=shift, person=double)
    assert (refused().code, refused().facts) == ("merge_has_shift", {"shift": "Night"})
    given.delete()
    day = dt.date(2026, 12, 3)
    with time_machine.travel(office.at("2026-12-05 09:00"), tick=False):
        away = leaves.request(double, kind, first=day, last=day, part="full", actor=None)
    assert (refused().code, refused().facts) == ("merge_has_leave", {"days": "2026-12-03"})
    leaves.reject(away, decision="no", actor=hr)
    correct(double, "2026-12-02 17:00", Direction.OUT, hr=hr, at="2026-12-05 10:00")
    assert refused().code == "merge_has_corrections"
    revocations.revoke(double.corrections.get(), reason="moves", actor=hr)
    assert merge(ann, double, hr).pk


def test_what_is_never_merged(ann: Person, double: Person, hr: User) -> None:
    other = office.employee("Ben")

    def code(kept: Person, gone: Person, actor: User = hr, reason: str = "twice") -> str:
        with pytest.raises(Refusal) as raised:
            merges.merge(kept, gone, reason=reason, actor=actor)
        return raised.value.code

    assert code(ann, ann) == "same_record"
    assert code(ann, double, reason=" ") == "reason_missing"
    assert code(ann, double, actor=cast.user("clerk", role="Clerk")) == "not_your_department"
    Person.objects.filter(pk=ann.pk).update(user=hr)
    assert code(ann, double) == "not_your_department"  # nobody decides about themselves
    Person.objects.filter(pk=ann.pk).update(user=None)
    merge(ann, double, hr)
    assert code(other, double) == "merged_already"
    assert code(other, ann) == "merged_already"
    assert code(double, other) == "merged_already"
    with pytest.raises(Refusal, match="person_merged"):
        membership.reactivate(double, actor=hr)
    gone = office.employee("Gone")
    erasure.erase(gone, actor=None)
    assert code(ann, gone) == "person_erased"
    membership.deactivate(other, actor=None)
    assert code(other, office.employee("New")) == "merge_into_inactive"


def test_whoever_is_erased_takes_the_other_record_along(ann: Person, double: Person, hr: User) -> None:
    office.punches(double, "2026-12-02 08:00", "2026-12-02 17:00")
    row = merge(ann, double, hr)
    erasure.erase(ann, actor=hr)
    double.refresh_from_db()
    row.refresh_from_db()
    assert (double.name, double.employee_number, row.reason) == ("", None, "")
    with pytest.raises(Refusal, match="person_erased"):
        merges.take_apart(row, actor=hr)
    assert CheckIn.objects.filter(person=ann).count() == 2


def test_look_alikes_follow_and_come_back(ann: Person, double: Person, hr: User) -> None:
    bea, cor = office.employee("Bea"), office.employee("Cor")
    pairs.record(double.pk, bea.pk)
    pairs.record(double.pk, cor.pk)
    pairs.record(ann.pk, cor.pk)
    pairs.record(ann.pk, double.pk)
    row = merge(ann, double, hr)
    assert pairs.partners(ann.pk) == {bea.pk, cor.pk}
    apart(row, hr, "2026-12-11 09:00")
    assert pairs.partners(ann.pk) == {cor.pk, double.pk}
    assert pairs.partners(double.pk) == {ann.pk, bea.pk, cor.pk}


def test_a_check_in_that_a_correction_names_stays(ann: Person, double: Person, hr: User) -> None:
    office.punches(double, "2026-12-02 08:00", "2026-12-02 12:00", "2026-12-02 17:00")
    row = merge(ann, double, hr)
    second = CheckIn.objects.order_by("at")[1]
    asked = corrections.request(ann, dt.date(2026, 12, 2), withdrawn=[second], reason="not me", actor=None)
    corrections.approve(asked, actor=hr)
    assert worked(ann, "2026-12-02") == EIGHT
    apart(row, hr, "2026-12-11 09:00")
    assert owners() == ["X9", ann.employee_number, "X9"]
    assert worked(double, "2026-12-02") == 9 * 60


def test_a_record_without_dates_of_employment(hr: User) -> None:
    ann = factories.person("Ann", created_at=office.at("2026-12-05 09:00"))
    double = factories.person("Ann", created_at=office.at("2026-11-02 07:00"))
    office.punches(double, "2026-11-02 08:00", "2026-11-02 17:00", "2026-12-02 08:00", "2026-12-02 17:00")
    close(NOVEMBER, "2026-12-02 18:00")
    row = merge(ann, double, hr)
    assert worked(ann, "2026-12-02") == 9 * 60
    assert worked(double, "2026-11-02") == 9 * 60
    assert list(adjustments.find(DECEMBER)) == []
    apart(row, hr, "2026-12-11 09:00")
    assert worked(double, "2026-12-02") == 9 * 60
