"""Work days derived from rows; requests, closings and the audit log."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from attendance.checkins.models import CheckIn
from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry
from attendance.people.models import Department, Person
from attendance.privacy import erasure
from attendance.workdays import deliveries, facts
from attendance.workdays.models import (
    Assignment,
    ClosedMonth,
    Correction,
    DepartmentManager,
    Holiday,
    HolidayCalendar,
    Leave,
    OvertimeApproval,
    State,
)
from attendance.workdays.months import closing
from attendance.workdays.requests import corrections, leaves, scopes
from attendance.workdays.schedule import rules
from tests import cast, factories
from tests.attendance.workdays import office
from timekeeping import requests
from timekeeping.values import Direction
from timekeeping.work_day import WorkDay

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 2)
NEXT_MONTH = "2026-12-02 12:00"


def day_of(person: Person, day: dt.date = MONDAY, now: str = NEXT_MONTH) -> WorkDay:
    ((_, (found,)),) = facts.derive(Person.objects.filter(pk=person.pk), day, day, now=office.at(now))
    return found


def out_at(text: str) -> requests.Asked:
    return requests.Asked(dt.datetime.fromisoformat(text), Direction.OUT)


@pytest.fixture(autouse=True)
def _site() -> None:
    office.site()


class TestLoading:
    def test_a_day_from_rows(self) -> None:
        person = office.employee(shift=office.day_shift(grace_late_minutes=5))
        office.punches(person, "2026-11-02 08:10", "2026-11-02 17:30")
        day = day_of(person)
        assert (day.code, day.late, day.worked, day.overtime) == ("P", 600, 8 * 3600 + 1200, 1200)

    def test_a_fraction_of_a_second_is_dropped_and_never_rounded(self) -> None:
        person = office.employee(shift=office.day_shift())
        moments = [office.at(f"2026-11-02 {clock}") for clock in ("08:05:59.999600", "17:00:00.000001")]
        for moment in moments:
            factories.check_in(person, moment)
        assert [use.punch.at for use in day_of(person).uses] == [int(moment.timestamp()) for moment in moments]

    def test_a_voided_check_in_counts_for_nothing(self) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00", "2026-11-02 17:00")
        CheckIn.objects.update(voided_at=office.at(NEXT_MONTH))
        assert day_of(person).code == "A"

    def test_the_door_s_guess_gives_way_to_the_context_but_not_to_the_person_s_word(self) -> None:
        person = office.employee(shift=office.day_shift())
        factories.check_in(person, office.at("2026-11-02 08:00"), "out")
        factories.check_in(person, office.at("2026-11-02 17:00"), "in")
        assert day_of(person).worked == 8 * 3600
        first = CheckIn.objects.order_by("at").first()
        CheckIn.objects.filter(pk=first.pk).update(replaces=first)  # type: ignore[union-attr]  # just made
        assert "read_from_context" in day_of(person).flags

    def test_own_assignment_before_department_before_default(self) -> None:
        late = office.day_shift(name="Late", start=dt.time(14), end=dt.time(22), breaks="")
        early = office.day_shift(name="Early", start=dt.time(6), end=dt.time(14), breaks="")
        person = office.employee(department="Kitchen")
        Assignment.objects.create(shift=office.day_shift())
        assert [part.occurrence.shift.name for part in day_of(person).parts if part.occurrence] == ["Day"]
        Assignment.objects.create(shift=early, department=Department.objects.get())
        assert [part.occurrence.shift.name for part in day_of(person).parts if part.occurrence] == ["Early"]
        Assignment.objects.create(shift=late, person=person)
        assert [part.occurrence.shift.name for part in day_of(person).parts if part.occurrence] == ["Late"]

    def test_holidays_leave_and_overtime_approval(self) -> None:
        person = office.employee(shift=office.day_shift())
        calendar = HolidayCalendar.objects.create(name="Ours")
        Holiday.objects.create(calendar=calendar, day=MONDAY, name="Feast")
        assert day_of(person).code == "H"
        Holiday.objects.all().delete()
        leave = leaves.request(person, office.leave_type(), first=MONDAY, last=MONDAY, actor=None)
        assert day_of(person).code == "A"
        Leave.objects.filter(pk=leave.pk).update(state=State.APPROVED)
        assert day_of(person).code == "CL"
        rules.save_rules({"overtime_needs_approval": True}, actor=None)
        Leave.objects.all().delete()
        office.punches(person, "2026-11-02 08:00", "2026-11-02 18:00")
        assert day_of(person).overtime_state == "to_approve"
        OvertimeApproval.objects.create(person=person, day=MONDAY, at=office.at("2026-11-03 09:00"))
        assert day_of(person).overtime_state == "approved"

    def test_employed_from_the_first_check_in_where_nothing_else_is_said(self) -> None:
        person = factories.person(created_at=office.at("2026-11-20 09:00"))
        Assignment.objects.create(shift=office.day_shift())
        office.punches(person, "2026-11-03 08:00", "2026-11-04 08:00", "2026-11-04 17:00")
        CheckIn.objects.filter(at=office.at("2026-11-03 08:00")).update(voided_at=office.at(NEXT_MONTH))
        assert [day_of(person, dt.date(2026, 11, day)).code for day in (3, 4, 5)] == ["NJ", "P", "A"]

    def test_queries_do_not_grow_with_people(self, django_assert_num_queries: Any) -> None:
        shift = office.day_shift()
        for number in range(5):
            office.employee(f"Person {number}", shift=shift)
        with django_assert_num_queries(15):
            assert len(list(facts.derive(facts.employed(MONDAY, MONDAY), MONDAY, MONDAY))) == 5


class TestWatermark:
    """A day is judged once every door has delivered beyond its window (Monday's is open until 05:30 on Tuesday)."""

    def test_the_door_that_was_silent_for_the_longest_time_decides(self) -> None:
        person = office.employee(shift=office.day_shift())
        night, noon = office.at("2026-11-03 22:00"), office.at("2026-11-02 12:00")
        assert day_of(person).code == "A"
        factories.device("Front", paired_at=noon, last_seen_at=night)
        assert day_of(person).code == "A"
        back = factories.device("Back", paired_at=noon, last_seen_at=noon)
        assert (day_of(person).code, day_of(person).absent) == ("...", 0)
        assert deliveries.watermark() == noon.timestamp()
        back.last_seen_at = night
        back.save()
        assert day_of(person).code == "A"

    def test_never_later_than_the_present(self) -> None:
        factories.device(paired_at=office.at("2026-11-02 12:00"), last_seen_at=office.at("2026-11-09 12:00"))
        now = office.at("2026-11-03 12:00")
        assert deliveries.watermark(now) == now.timestamp()

    @pytest.mark.parametrize("fields", [{"revoked_at": factories.NOON, "paired_at": factories.NOON}, {}])
    def test_a_door_that_delivers_nothing_is_not_awaited(self, fields: dict[str, Any]) -> None:
        person = office.employee(shift=office.day_shift())
        factories.device(last_seen_at=office.at("2026-11-01 12:00"), **fields)
        assert day_of(person).code == "A"


class TestCorrections:
    def test_from_request_to_the_day(self) -> None:
        person = office.employee(shift=office.day_shift(), department="Kitchen")
        office.punches(person, "2026-11-02 08:00")
        assert "missing_out" in day_of(person).flags
        manager = cast.user("boss", role="Manager")
        DepartmentManager.objects.create(department=Department.objects.get(), user=manager)
        with time_machine.travel(office.at("2026-11-03 08:00"), tick=False):
            asked = corrections.request(person, MONDAY, asked=[out_at("2026-11-02 17:00")], reason="forgot", actor=None)
            assert "missing_out" in day_of(person).flags
            corrections.approve(asked, actor=manager)
            with pytest.raises(Refusal, match="already_decided"):
                corrections.reject(asked, decision="no", actor=manager)
        day = day_of(person)
        assert (day.worked, day.second) == (8 * 3600, ("REG",))
        assert CheckIn.objects.count() == 1

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ("2026-03-29 02:30", "time_did_not_exist"),
            ("2026-10-25 02:30", "time_happened_twice"),
            ("2027-01-01 08:00", "in_the_future"),
            ("2025-12-31 08:00", "not_employed"),
        ],
    )
    def test_times_that_cannot_be_asked_for(self, asked: str, code: str) -> None:
        person = office.employee(shift=office.day_shift())
        when = out_at(asked)
        with time_machine.travel(office.at(NEXT_MONTH), tick=False), pytest.raises(Refusal, match=code):
            corrections.request(person, when.local.date(), asked=[when], reason="x", actor=None)

    def test_a_refusal_is_made_when_it_is_raised(self) -> None:
        person = office.employee(shift=office.day_shift())
        met: list[tuple[Refusal, int]] = []
        for _ in range(2):
            with pytest.raises(Refusal) as caught:
                corrections.request(person, MONDAY, asked=[out_at("2027-01-01 08:00")], reason="x", actor=None)
            met.append((caught.value, len(caught.traceback)))
        (first, depth), (second, depth_again) = met
        assert first is not second
        assert depth == depth_again

    def test_a_check_in_can_be_withdrawn_but_not_somebody_else_s(self) -> None:
        person, other = office.employee(shift=office.day_shift()), office.employee("Ben")
        office.punches(person, "2026-11-02 08:00", "2026-11-02 12:00", "2026-11-02 17:00")
        noon = CheckIn.objects.get(at=office.at("2026-11-02 12:00"))
        with pytest.raises(Refusal, match="another_person"):
            corrections.request(other, MONDAY, withdrawn=[noon], reason="not me", actor=None)
        asked = corrections.request(person, MONDAY, withdrawn=[noon], reason="not me", actor=None)
        corrections.approve(asked, actor=cast.user("hr", role="HR"))
        assert (day_of(person).worked, day_of(person).flags) == (8 * 3600, ("corrected",))

    def test_only_the_own_departments_and_never_oneself(self) -> None:
        person = office.employee(shift=office.day_shift(), department="Kitchen")
        office.punches(person, "2026-11-02 08:00")
        asked = corrections.request(person, MONDAY, asked=[out_at("2026-11-02 17:00")], reason="x", actor=None)
        stranger = cast.user("other", role="Manager")
        with pytest.raises(Refusal, match="not_your_department"):
            corrections.approve(asked, actor=stranger)
        hr = cast.user("hr", role="HR")
        Person.objects.filter(pk=person.pk).update(user=hr)
        with pytest.raises(Refusal, match="not_your_department"):
            corrections.approve(asked, actor=hr)
        assert list(scopes.scope(stranger).readable()) == []
        assert list(scopes.scope(hr).readable()) == [person]

    def test_the_door_asks_for_a_forgotten_out_once(self) -> None:
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        with time_machine.travel(office.at("2026-11-03 08:00"), tick=False):
            forgotten = corrections.forgotten_out(person)
            assert forgotten is not None
            assert forgotten.suggested == dt.datetime(2026, 11, 2, 17)  # noqa: DTZ001  (local at the site)
            corrections.answer_forgotten_out(person, left_at=forgotten.suggested)
            assert corrections.forgotten_out(person) is None
        assert Correction.objects.get().state == State.REQUESTED


class TestAudit:
    @pytest.fixture(autouse=True)
    def _commit(self, transactional_db: None) -> None:
        """Lines are sealed after the commit."""

    def test_the_chain_shows_every_kind_of_tampering(self) -> None:
        for number in range(4):
            audit.record("test.deed", actor=None, subject=f"person:{number}", number=number)
        assert audit.verify() == audit.Verdict(4, 0, AuditEntry.objects.get(sequence=4).hash)
        AuditEntry.objects.filter(sequence=2).update(facts={"number": 7})
        assert (audit.verify().broken_at, audit.verify().reason) == (2, "changed")
        AuditEntry.objects.filter(sequence=2).update(facts={"number": 1})
        assert audit.verify().intact
        AuditEntry.objects.filter(sequence=3).delete()
        assert (audit.verify().broken_at, audit.verify().reason) == (3, "missing")
        AuditEntry.objects.filter(sequence=4).delete()
        assert audit.verify().reason == "missing"

    def test_erasing_a_person_and_deleting_a_user_break_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        user = cast.user("clerk", role="HR")
        person = office.employee(shift=office.day_shift())
        office.punches(person, "2026-11-02 08:00")
        asked = corrections.request(person, MONDAY, asked=[out_at("2026-11-02 17:00")], reason="x", actor=user)
        corrections.approve(asked, actor=user)
        with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
            closed = closing.close(MONDAY, actor=user, with_open_points=True)
        erasure.erase(person, actor=user)
        user.delete()
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit")
        assert ended.value.code == 0
        assert "whole: 4 lines" in capsys.readouterr().out
        assert closing.checksum(closed) == closed.sha256
        assert "Mei Lin" not in str(list(ClosedMonth.objects.values())) + str(list(AuditEntry.objects.values()))

    def test_a_broken_chain_ends_the_command_with_one(self, capsys: pytest.CaptureFixture[str]) -> None:
        audit.record("test.deed", actor=None, subject="person:1")
        AuditEntry.objects.update(subject="person:2")
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit")
        assert ended.value.code == 1
        assert "broken at line 1 (changed)" in capsys.readouterr().err
