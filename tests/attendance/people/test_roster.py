"""Rules for adding and changing people, and for their names and numbers."""

from __future__ import annotations

import pytest

from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry, User
from attendance.people import names, pins, roster
from attendance.people.models import Department, Person
from attendance.privacy import erasure

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    ["http://x.png", "?", "a/b", "..", "O'Neil", "李", "x" * 300, "محمد بن علي", "שרה", "👩🏽‍🚀 Ana", "<b>", "Ω", "%s"],
)
def test_a_name_is_only_text(name: str) -> None:
    person = roster.add(employee_number=name[:64], name=name, department=name[:200], actor=None)
    person.refresh_from_db()
    assert (person.name, person.employee_number) == (name, name[:64])
    assert roster.find_by_number(name[:64]) == person


@pytest.mark.parametrize(
    ("number", "name", "code"),
    [
        ("", "Ann", "employee_number_missing"),
        ("  ", "Ann", "employee_number_missing"),
        ("1" * 65, "Ann", "employee_number_too_long"),
        ("1\x002", "Ann", "employee_number_invalid"),
        ("1", " \t ", "name_missing"),
        ("1", "x" * 301, "name_too_long"),
        ("1", "A\x00nn", "name_invalid"),
        ("1", "A\udc80", "name_invalid"),
    ],
)
def test_what_no_row_can_hold_is_refused(number: str, name: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        roster.add(employee_number=number, name=name, actor=None)
    assert refused.value.code == code
    assert not Person.objects.exists()


def test_a_number_is_given_once_and_the_refusal_says_to_whom() -> None:
    ann = roster.add(employee_number="17", name="Ann", actor=None)
    roster.add(employee_number="0017", name="Bob", actor=None)  # another number
    with pytest.raises(Refusal) as refused:
        roster.add(employee_number=" 17 ", name="Cy", actor=None)
    assert (refused.value.code, refused.value.facts["person"]) == ("duplicate_employee_number", ann.pk)
    assert Person.objects.count() == 2  # and the transaction is still usable


def test_a_change_leaves_the_rest(administrator: User) -> None:
    person = roster.add(employee_number="1", name="Ann", department="Kitchen", actor=administrator)
    roster.change(person, name="Anna", actor=administrator)
    person.refresh_from_db()
    assert (person.employee_number, person.name, str(person.department)) == ("1", "Anna", "Kitchen")
    roster.change(person, department="", actor=administrator)
    person.refresh_from_db()
    assert person.department is None
    assert Department.objects.count() == 1
    assert list(AuditEntry.objects.values_list("action", "actor")) == [
        ("people.change", administrator.pk),
        ("people.change", administrator.pk),
        ("people.add", administrator.pk),
    ]
    assert "Ann" not in str(list(AuditEntry.objects.values_list("facts", "subject")))


def test_nobody_changes_an_erased_person() -> None:
    person = roster.add(employee_number="1", name="Ann", actor=None)
    person = erasure.erase(person, actor=None)
    with pytest.raises(Refusal, match="person_erased"):
        roster.change(person, name="Ann", actor=None)
    with pytest.raises(Refusal, match="person_erased"):
        roster.set_pin(person, "4711", actor=None)


@pytest.mark.parametrize("pin", ["123", "123456789", "12a4", "", "٣٤٥٦", "1111", "1234", "9876"])
def test_a_pin_is_four_to_eight_digits_that_are_no_count(pin: str) -> None:
    with pytest.raises(Refusal, match="pin_"):
        pins.clean(pin)


def test_a_pin_opens_for_its_person_only_while_active() -> None:
    ann = roster.add(employee_number="1", name="Ann", actor=None)
    assert not pins.matches(ann, "4711")
    roster.set_pin(ann, "4711", actor=None)
    assert pins.matches(ann, "4711")
    assert not pins.matches(ann, "4712")
    assert not pins.matches(None, "4711")
    assert "4711" not in ann.pin_hash
    assert ann.pin_hash.startswith("argon2")
    ann.deactivated_at = ann.created_at
    assert not pins.matches(ann, "4711")
    ann.deactivated_at = None
    roster.set_pin(ann, "", actor=None)
    assert not pins.matches(ann, "")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann Smith", "ann", True),
        ("José García", "Jose", True),
        ("Bob", "Ann", False),
        ("李", "李", True),
        ("?", "Ann", True),
    ],
)
def test_whether_two_spellings_may_be_one_person(one: str, other: str, same: bool) -> None:
    assert names.may_be_one(one, other) is same
