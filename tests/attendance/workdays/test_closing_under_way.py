"""What happens while a month is being closed: facts between the looks, entries by hand, and doors that write."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection
from typing import Any

import pytest
from django.db import connection, transaction

from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Department, Person
from attendance.workdays import facts
from attendance.workdays.models import Adjustment, MonthClosing
from attendance.workdays.months import adjustments, closing
from attendance.workdays.months.preparation import Preparation
from attendance.workdays.schedule import employment
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, JANUARY, MONDAY, NOVEMBER, close, correct
from timekeeping.values import Direction

NOW = "2026-12-02 12:00"


class Meanwhile:
    """Records a fact about one person after another, one before each time that people are derived again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, people: list[Person]) -> None:
        self.again: list[set[int]] = []
        left = list(people)
        derive_all, derive_again = Preparation.derive_all, Preparation.derive_again

        def fact() -> None:
            if left:
                facts_log.append_instant(facts_log.Kind.CHECK_IN, left.pop(0), at=office.at("2026-11-30 17:00"))

        def all_and_a_fact(prepared: Preparation) -> None:
            derive_all(prepared)
            fact()

        def fact_and_again(prepared: Preparation, some: Collection[int]) -> None:
            self.again.append(set(some))
            fact()
            derive_again(prepared, some)

        monkeypatch.setattr(Preparation, "derive_all", all_and_a_fact)
        monkeypatch.setattr(Preparation, "derive_again", fact_and_again)


@pytest.fixture
def hr() -> User:
    office.site()
    return cast.user("hr", role="HR")


@pytest.fixture
def crew(hr: User) -> list[Person]:
    shift = office.day_shift()
    found = [office.employee(f"Person {number}", shift=shift) for number in range(8)]
    for person in found:
        office.punches(person, "2026-11-02 08:00")
    return found


@pytest.mark.django_db
class TestLooks:
    def test_a_fact_is_looked_at_in_one_round_alone(self, crew: list[Person], monkeypatch: pytest.MonkeyPatch) -> None:
        meanwhile = Meanwhile(monkeypatch, crew[:3])
        close(NOVEMBER, NOW)
        assert meanwhile.again == [{crew[0].pk}, {crew[1].pk}, {crew[2].pk}]

    def test_what_comes_at_the_last_look_is_a_late_fact(
        self, crew: list[Person], hr: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meanwhile = Meanwhile(monkeypatch, crew[: closing.ROUNDS - 1])
        derive_again = Preparation.derive_again

        def and_a_real_one(prepared: Preparation, some: Collection[int]) -> None:
            derive_again(prepared, some)
            if len(meanwhile.again) == closing.ROUNDS - 1:
                correct(crew[7], "2026-11-02 17:00", Direction.OUT, hr=hr, at=NOW)

        monkeypatch.setattr(Preparation, "derive_again", and_a_real_one)
        november = close(NOVEMBER, NOW)
        assert len(meanwhile.again) == closing.ROUNDS - 1
        assert november.people.get(person=crew[7]).totals["worked"] == 0
        assert november.sha256 == closing.checksum(november)
        (late,) = adjustments.find(DECEMBER)
        assert (late.person_id, late.quantities["standard"]) == (crew[7].pk, 8 * 3600)
        december = close(DECEMBER, "2027-01-02 12:00")
        assert december.adjustments.get().person == crew[7]
        assert list(adjustments.find(JANUARY)) == []

    def test_adjustments_are_written_before_and_only_once(
        self, crew: list[Person], hr: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        close(NOVEMBER, NOW)
        for person in crew[:2]:
            correct(person, "2026-11-02 17:00", Direction.OUT, hr=hr, at="2026-12-05 12:00")
        with pytest.raises(Refusal, match="open_points"):
            close(DECEMBER, "2027-01-02 12:00", with_open_points=False)
        assert not Adjustment.objects.exists()
        meanwhile = Meanwhile(monkeypatch, [])
        derive_all = Preparation.derive_all

        def all_and_one_more(prepared: Preparation) -> None:
            derive_all(prepared)
            assert Adjustment.objects.count() == 2
            correct(crew[1], "2026-11-03 08:00", Direction.IN, hr=hr, at="2026-12-05 12:00")
            correct(crew[1], "2026-11-03 17:00", Direction.OUT, hr=hr, at="2026-12-05 12:00")

        monkeypatch.setattr(Preparation, "derive_all", all_and_one_more)
        december = close(DECEMBER, "2027-01-02 12:00")
        assert meanwhile.again == [{crew[1].pk}]
        paid = {row.person_id: row.quantities["standard"] for row in december.adjustments.all()}
        assert paid == {crew[0].pk: 8 * 3600, crew[1].pk: 16 * 3600}
        assert december.sha256 == closing.checksum(december)

    def test_an_entry_made_at_the_very_end_goes_into_the_next_file(
        self, crew: list[Person], hr: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        employment.employ(crew[0], joined=MONDAY, left=dt.date(2026, 11, 30), actor=None)
        close(NOVEMBER, NOW)
        complete = Preparation.complete

        def and_an_entry(prepared: Preparation, points: Any) -> None:
            complete(prepared, points)
            if prepared.first == DECEMBER:
                adjustments.enter(crew[0], NOVEMBER, quantities={"standard": 3600}, reason="agreed", actor=hr)

        monkeypatch.setattr(Preparation, "complete", and_an_entry)
        december = close(DECEMBER, "2027-01-02 12:00")
        assert Adjustment.objects.get().closing is None
        assert december.sha256 == closing.checksum(december)
        january = close(JANUARY, "2027-02-02 12:00")
        assert january.adjustments.get().person == crew[0]
        assert january.people.get(person=crew[0]).days == []
        assert january.sha256 == closing.checksum(january)


@pytest.mark.django_db(transaction=True)
def test_who_writes_between_two_people_is_not_refused_for_what_a_door_wrote(
    hr: User, crew: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "PEOPLE_A_TIME", 2)

    def door() -> None:
        try:
            Department.objects.create(name="written by somebody else")
        finally:
            connection.close()

    for number, _ in enumerate(facts.load(Person.objects.order_by("pk"), NOVEMBER, MONDAY)):
        if not number:
            other = threading.Thread(target=door)
            other.start()
            other.join()
        with transaction.atomic():
            Department.objects.create(name=f"written after {number}")
    assert Department.objects.count() == 1 + len(crew)
    assert not MonthClosing.objects.exists()
