"""The page of adjustments: late facts before they are paid, entries by hand, and what each file carried."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person
from attendance.privacy import erasure
from attendance.workdays.models import Adjustment, Correction, MonthClosing
from attendance.workdays.months import adjustments, closing, entry_quantities, open_points, order, reopening
from attendance.workdays.months.open_points import Kind
from tests import cast
from tests.attendance.conftest import own_folders  # noqa: F401  (fixture)
from tests.attendance.workdays import office

pytestmark = pytest.mark.django_db
NOVEMBER, DECEMBER = dt.date(2026, 11, 1), dt.date(2026, 12, 1)
TYPED = {"employee_number": "007", "month": "2026-11", "quantity": "rate:1", "amount": "1:30", "reason": "agreed"}


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    office.site()
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        yield


@pytest.fixture
def mei() -> Person:
    person = office.employee("Mei", shift=office.day_shift(), employee_number="007", joined="2026-11-23")
    office.punches(person, "2026-11-23 08:00", "2026-11-23 17:00")
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    return person


@pytest.fixture
def client(mei: Person) -> Client:
    found = Client()
    found.force_login(cast.user("hr", role="HR"))
    return found


def test_late_facts_are_shown_day_by_day_before_they_are_paid(client: Client, mei: Person) -> None:
    page = client.get(reverse("adjustments"))
    assert "None: closed months still come out" in page.text
    office.punches(mei, "2026-11-24 08:00", "2026-11-24 19:00")
    page = client.get(reverse("adjustments"))
    (row,) = page.context["rows"]
    assert row["words"].startswith("normal hours +8:00, overtime +2:00")
    assert [(day["day"].day, day["codes"]) for day in row["days"]] == [(24, ("A", "P"))]
    assert not Adjustment.objects.exists()


def test_an_entry_is_made_carried_and_shown_with_its_file(client: Client, mei: Person) -> None:
    answer = client.post(reverse("adjustments"), TYPED, follow=True)
    assert "Entered." in answer.text
    assert Adjustment.objects.get().quantities == {
        "overtime": 5400, "overtime_by_rate": {"1": 5400}, "payable": 5400,
    }  # fmt: skip
    assert "agreed" in answer.text
    with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
        closed = closing.close(DECEMBER, actor=None, with_open_points=True)
        client.force_login(cast.user("later", role="HR"))
        lines = client.get(f"{reverse('payroll_file')}?month=2026-12").getvalue().decode()
        page = client.get(f"{reverse('adjustments')}?file={closed.pk}")
    line = next(row for row in csv.DictReader(io.StringIO(lines)) if row["line"] == "adjustment")
    assert (line["period_from"], line["overtime_hours"], line["reason"]) == ("2026-11-01", "1.50", "agreed")
    assert [row["words"] for row in page.context["rows"]] == ["overtime +1:30, at 1 +1:30"]
    assert "Withdraw" not in page.text
    refused = client.post(reverse("withdraw_adjustment", args=[Adjustment.objects.get().pk]), follow=True)
    assert "stands in a payroll file already" in refused.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"employee_number": "nobody"}, "Nobody has this employee number."),
        ({"amount": "1.5"}, "Write hours and minutes"),
        ({"amount": "1,5"}, "Write hours and minutes, as 1:30 or -0:45. 1,5 hours are 1:30."),
        ({"amount": "-"}, "Write hours and minutes, as 1:30 or -0:45."),
        ({"amount": "0:00"}, "The amount is nothing."),
        ({"amount": "1:75"}, "Write hours and minutes"),
        ({"quantity": "paid_days", "amount": "1:30"}, "Write days"),
        ({"quantity": "paid_days", "amount": "99"}, "more than the month can hold"),
        ({"quantity": "paid_days", "amount": "-30.5"}, "It has 30 days, and 720 hours."),
        ({"quantity": "absent", "amount": "31"}, "more than the month can hold"),
        ({"amount": "720:01"}, "more than the month can hold"),
        ({"quantity": "night", "amount": "-999:00"}, "more than the month can hold"),
        ({"quantity": "salary"}, "Select a valid choice"),
        ({"month": "2026-12"}, "Select a valid choice"),
        ({"reason": "  "}, "This field is required."),
    ],
)
def test_a_slip_enters_nothing_and_keeps_what_was_typed(client: Client, wrong: dict[str, str], said: str) -> None:
    answer = client.post(reverse("adjustments"), {**TYPED, **wrong})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="007"' in answer.text or "employee_number" in wrong
    assert not Adjustment.objects.exists()


def test_entries_together_stay_within_the_month(client: Client) -> None:
    """Thirty days twice are sixty; what leads back towards nothing is always taken."""

    def enter(amount: str, **more: str) -> str:
        typed = {**TYPED, "amount": amount, **more}
        answer = client.post(reverse("adjustments"), typed, follow=True).text
        agreed = re.search(r'name="agreed" value="(\w+)"', answer)  # whoever is asked says yes
        if agreed is None:
            return answer
        return client.post(reverse("adjustments"), {**typed, "agreed": agreed[1]}, follow=True).text

    assert "Entered." in enter("30", quantity="paid_days")
    assert "more than the month can hold" in enter("1", quantity="paid_days")
    assert "Entered." in enter("-30", quantity="paid_days")
    assert "Entered." in enter("720:00")
    assert "more than the month can hold" in enter("0:01", quantity="standard")  # paid with the overtime
    assert "Entered." in enter("-720:00")
    assert Adjustment.objects.count() == 4


@pytest.mark.parametrize(
    ("quantity", "amount", "expected"),
    [
        ("standard", "-0:45", {"standard": -2700, "payable": -2700}),
        ("paid_days", "-0,5", {"paid_days": -0.5}),
        ("leave:CL", "1", {"leave": 1.0, "leave_by_code": {"CL": 1.0}}),
    ],
)
def test_what_belongs_together_changes_together(
    client: Client, quantity: str, amount: str, expected: dict[str, object]
) -> None:
    office.leave_type()
    client.post(reverse("adjustments"), {**TYPED, "quantity": quantity, "amount": amount})
    assert Adjustment.objects.get().quantities == expected


@pytest.mark.parametrize(
    ("before", "amount", "question"),
    [
        ([], "-400:00", "takes away more than the month has"),
        (["1:00"], "1:00", "was entered for this person and month already"),
        (["1:00"], "-400:00", "takes away more than the month has"),
        ([], "400:00", "far more hours than were planned"),
        (["30:00"], "35:00", "far more hours than were planned"),
    ],
)
def test_a_likely_slip_is_asked_about_once(client: Client, before: list[str], amount: str, question: str) -> None:
    for each in before:
        client.post(reverse("adjustments"), {**TYPED, "amount": each})
    asked = client.post(reverse("adjustments"), {**TYPED, "amount": amount})
    assert asked.status_code == 422
    assert question in asked.text
    assert Adjustment.objects.count() == len(before)
    agreed = re.search(r'name="agreed" value="(\w+)"', asked.text)
    assert agreed is not None
    other = client.post(reverse("adjustments"), {**TYPED, "amount": "-401:00", "agreed": agreed[1]})
    assert other.status_code == 422  # whoever agreed to one amount agreed to no other
    client.post(reverse("adjustments"), {**TYPED, "amount": amount, "agreed": agreed[1]})
    assert Adjustment.objects.count() == len(before) + 1


@pytest.mark.parametrize(
    ("quantity", "amount", "question"),
    [
        ("paid_days", "5", ""),
        ("paid_days", "7,5", "more days are counted than the person was employed"),
        ("absent", "9", "more days are counted than the person was employed"),
        ("leave:CL", "9", "more days are counted than the person was employed"),
        ("night", "72:00", ""),
        ("night", "72:01", "far more hours than were planned"),
    ],
)
def test_more_than_the_month_of_the_person_holds_is_asked_about(
    client: Client, quantity: str, amount: str, question: str
) -> None:
    """Employed from the 23rd on: eight days, of which six have a plan of 8:00, and three are paid."""
    office.leave_type()
    answer = client.post(reverse("adjustments"), {**TYPED, "quantity": quantity, "amount": amount})
    assert Adjustment.objects.count() == (not question)
    assert question in answer.text or not question


def test_what_late_facts_bring_is_counted_before_an_entry(client: Client, mei: Person) -> None:
    """Ten hours of Tuesday, recorded late, wait for the next closing: nobody should pay them once more."""
    less = {**TYPED, "quantity": "standard", "amount": "-12:00"}
    assert "takes away more than the month has" in client.post(reverse("adjustments"), less).text  # 8:00 are there
    office.punches(mei, "2026-11-24 08:00", "2026-11-24 19:00")
    asked = client.post(reverse("adjustments"), {**TYPED, "amount": "2:00"})
    assert "Facts recorded late change this already" in asked.text
    other = {**TYPED, "quantity": "night", "amount": "2:00"}
    assert "Entered." in client.post(reverse("adjustments"), other, follow=True).text
    against = client.post(reverse("adjustments"), less)  # of 16:00
    assert "takes away more" not in against.text
    assert "Facts recorded late change this already" in against.text  # the other way is asked about as well
    agreed = {**less, "agreed": against.context["agreed"]}
    assert "Entered." in client.post(reverse("adjustments"), agreed, follow=True).text
    with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
        closing.close(DECEMBER, actor=None, with_open_points=True)
        client.force_login(cast.user("later", role="HR"))
        carried = client.post(reverse("adjustments"), {**TYPED, "amount": "2:00"})
        assert "Facts recorded late change this already" in carried.text
        again = client.post(reverse("adjustments"), {**less, "amount": "-5:00"})
        assert "takes away more than the month has" in again.text  # 4:00 are left


ENTRY_MARKED = "A late fact changes this month too: is the entry still needed?"
FACTS_MARKED = "An entry by hand changes the same, waiting or paid"
WARNED = "An entry by hand changes the same of November 2026 already"
CORRECTED = {"day": "2026-11-24", "came": "08:00", "left": "17:00", "reason": "forgotten", "enter": "1"}


def enter(mei: Person, quantity: str, hours: int) -> None:
    amounts = entry_quantities.amounts(quantity, hours * 3600)
    adjustments.enter(mei, NOVEMBER, quantities=amounts, reason="agreed", actor=None)


def doubled(month: dt.date) -> list[tuple[dt.date | None, int | None]]:
    found = open_points.find(*order.bounds(month))
    return [(point.day, point.person) for point in found if point.kind is Kind.ENTRY_AND_FACTS]


def test_a_late_fact_after_an_entry_of_the_same_is_marked_and_listed(client: Client, mei: Person) -> None:
    """Eight hours of Tuesday were entered by hand, and then came the correction: 16 hours for one day."""
    enter(mei, "standard", 8)
    assert ENTRY_MARKED not in client.get(reverse("adjustments")).text
    assert WARNED in client.post(reverse("ask_correction", args=[mei.pk]), CORRECTED, follow=True).text
    page = client.get(reverse("adjustments")).text
    assert ENTRY_MARKED in page
    assert FACTS_MARKED in page
    with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
        assert doubled(DECEMBER) == [(NOVEMBER, mei.pk)]
        client.force_login(cast.user("later", role="HR"))
        before = client.get(f"{reverse('before_closing')}?month=2026-12&kind=entry_and_facts").text
        assert "Entry by hand and late facts change the same, November 2026" in before
        assert f'<a href="{reverse("adjustments")}">Look at both</a>' in before
        agreed = open_points.digest(open_points.find(*order.bounds(DECEMBER)))
        closed = closing.close(DECEMBER, actor=None, with_open_points=True, agreed=agreed)
        assert "entry_and_facts" in {point["kind"] for point in closed.open_points}


def test_an_entry_for_a_month_that_was_reopened_is_asked_about(client: Client, mei: Person) -> None:
    """Eight hours were entered by hand; the month is reopened, and the same hours come into it as a correction."""
    enter(mei, "standard", 8)
    row = MonthClosing.objects.get(state=MonthClosing.State.CLOSED)
    reopening.reopen(row, reason="one more", actor=cast.user("chief", role="Administrator"))
    client.post(reverse("ask_correction", args=[mei.pk]), CORRECTED, follow=True)
    assert doubled(NOVEMBER) == [(NOVEMBER, mei.pk)]
    client.force_login(cast.user("later", role="HR"))
    before = client.get(f"{reverse('before_closing')}?month=2026-11&kind=entry_and_facts").text
    assert "is it still needed?" in before
    agreed = open_points.digest(open_points.find(*order.bounds(NOVEMBER)))
    closed = closing.close(NOVEMBER, actor=None, with_open_points=True, agreed=agreed)
    assert "entry_and_facts" in {point["kind"] for point in closed.open_points}


def test_an_entry_that_was_paid_is_marked_until_its_opposite_is_entered(client: Client, mei: Person) -> None:
    enter(mei, "standard", 8)
    with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
        closing.close(DECEMBER, actor=None, with_open_points=True)
        client.force_login(cast.user("later", role="HR"))
        assert WARNED in client.post(reverse("ask_correction", args=[mei.pk]), CORRECTED, follow=True).text
        assert FACTS_MARKED in client.get(reverse("adjustments")).text
        assert doubled(dt.date(2027, 1, 1)) == [(NOVEMBER, mei.pk)]
        enter(mei, "standard", -8)
        page = client.get(reverse("adjustments")).text
        assert FACTS_MARKED not in page
        assert ENTRY_MARKED not in page
        assert doubled(dt.date(2027, 1, 1)) == []


def test_an_entry_of_another_quantity_is_nobodys_question(client: Client, mei: Person) -> None:
    """Overtime is paid as normal hours are: that both make hours paid makes them no pair."""
    enter(mei, "rate:1", 2)
    assert WARNED not in client.post(reverse("ask_correction", args=[mei.pk]), CORRECTED, follow=True).text
    page = client.get(reverse("adjustments"))
    assert [row["words"].partition(",")[0] for row in page.context["rows"]] == ["normal hours +8:00"]
    assert ENTRY_MARKED not in page.text
    assert doubled(DECEMBER) == []


def test_whoever_approves_a_correction_is_warned(client: Client, mei: Person) -> None:
    enter(mei, "standard", 8)
    asked = {name: value for name, value in CORRECTED.items() if name != "enter"}
    assert WARNED not in client.post(reverse("ask_correction", args=[mei.pk]), asked, follow=True).text
    row = Correction.objects.get()
    answer = client.post(reverse("decide_correction", args=[row.pk]), {"verdict": "approve"}, follow=True)
    assert WARNED in answer.text


def test_an_entry_is_withdrawn_once(client: Client, mei: Person) -> None:
    client.post(reverse("adjustments"), TYPED)
    row = Adjustment.objects.get()
    for expected in ("The entry is withdrawn.", "was withdrawn already"):
        answer = client.post(reverse("withdraw_adjustment", args=[row.pk]), follow=True)
        assert expected in answer.text
    assert not Adjustment.objects.exists()


@pytest.mark.slow
def test_many_entries_are_turned_page_by_page(client: Client, mei: Person) -> None:
    for number in range(60):
        adjustments.enter(mei, NOVEMBER, quantities={"night": 60}, reason=f"reason {number}", actor=None)
    assert len(client.get(reverse("adjustments")).context["entries"]) == 50
    assert len(client.get(f"{reverse('adjustments')}?entries=2").context["entries"]) == 10


def test_whoever_was_erased_is_found_by_the_number_of_then(client: Client, mei: Person) -> None:
    erasure.erase(mei, actor=None)
    client.post(reverse("adjustments"), TYPED)
    page = client.get(reverse("adjustments"))
    assert f"erased person {mei.pk}" in page.text
    assert "Mei" not in page.text


@pytest.mark.parametrize("role", ["Clerk", "Manager", None])
def test_nobody_else_enters_or_withdraws(mei: Person, role: str | None) -> None:
    row = adjustments.enter(mei, NOVEMBER, quantities={"night": 60}, reason="x", actor=None)
    client = Client()
    client.force_login(cast.user("somebody", role=role))
    assert client.post(reverse("adjustments"), TYPED).status_code == 403
    assert client.post(reverse("withdraw_adjustment", args=[row.pk])).status_code == 403
    assert MonthClosing.objects.count() == Adjustment.objects.count() == 1
