"""Pages around a closing: what is open, closing with open points, reopening, where records begin, after an upgrade."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person
from attendance.workdays.models import Correction, MonthClosing, MonthSettings, WorkRules
from attendance.workdays.months import closing
from attendance.workdays.schedule import rules
from tests import cast, factories
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import agreed

pytestmark = pytest.mark.django_db
NOVEMBER = dt.date(2026, 11, 1)
PAGES = ("before_closing", "adjustments", "month_differences")


@pytest.fixture(autouse=True)
def _december() -> Iterator[None]:
    office.site()
    with time_machine.travel(office.at("2026-12-02 12:00"), tick=False):
        yield


@pytest.fixture
def mei() -> Person:
    """Mei forgets an out, works overtime, asks for a correction; a door is silent."""
    WorkRules.objects.create(content={"overtime_needs_approval": True})
    person = office.employee("Mei", shift=office.day_shift(), employee_number="007", joined="2026-11-23")
    office.punches(person, "2026-11-23 08:00")
    office.punches(person, "2026-11-24 08:00", "2026-11-24 19:00", "2026-11-25 08:00", "2026-11-25 17:00")
    Correction.objects.create(
        person=person, day=dt.date(2026, 11, 26), reason="forgot", requested_at=office.at("2026-11-27 08:00")
    )
    factories.device("Back door", paired_at=office.at("2026-11-01 12:00"), last_seen_at=office.at("2026-11-29 12:00"))
    return person


def signed_in(role: str | None, name: str = "") -> Client:
    client = Client()
    client.force_login(cast.user(name or f"one {role}", role=role))
    return client


def close(client: Client, **more: str) -> MonthClosing | None:
    """Close as the page does: with the list that it shows now."""
    client.post("/months/close/", {"month": "2026-11", "agreed": agreed(NOVEMBER), **more})
    return MonthClosing.objects.filter(month=NOVEMBER, state="closed").first()


class TestBeforeClosing:
    def test_each_kind_is_counted_and_leads_to_the_thing_itself(self, mei: Person) -> None:
        page = signed_in("Administrator").get(f"{reverse('before_closing')}?month=2026-11")
        assert {label: count for _, label, count in page.context["kinds"]} == {
            "Out missing": 1,
            "Absent without a reason": 3,
            "Correction waits for a decision": 1,
            "Overtime to approve": 1,
            "Door not heard from": 1,
        }
        month = f"{reverse('person_month', args=[mei.pk])}?month=2026-11"
        places = [line.address for line in page.context["lines"]]
        assert f"{month}&day=2026-11-23&from=open#mend" in places
        assert f"{month}&day=2026-11-26&from=open#mend" in places
        assert f"{reverse('inbox')}#correction-{Correction.objects.get().pk}" in places
        assert f"{reverse('overtime_requests')}?month=2026-11" in places
        assert reverse("devices") in places
        assert 'id="correction-' in signed_in("HR").get(reverse("inbox")).text

    def test_the_form_for_the_day_comes_first(self, mei: Person) -> None:
        client = signed_in("HR")
        page = client.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-23").text
        assert page.index("Something is wrong?") < page.index("Days of the month")
        assert 'name="day" value="2026-11-23"' in page
        page = client.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-10-23").text
        assert page.index("Days of the month") < page.index("Something is wrong?")

    def test_one_kind_alone_and_pages_of_many(self, mei: Person) -> None:
        for number in range(15):
            office.employee(f"Person {number}", shift=mei.assignments.get().shift, joined="2026-11-26")
        client = signed_in("HR")
        page = client.get(f"{reverse('before_closing')}?month=2026-11&kind=absence")
        assert page.context["page"].paginator.count == 3 + 15 * 3
        assert len(page.context["lines"]) == 25
        assert {line.what for line in page.context["lines"]} == {"Absent without a reason"}
        assert len(client.get(f"{reverse('before_closing')}?month=2026-11&kind=absence&page=2").context["lines"]) == 23

    def test_a_month_with_open_points_is_closed_by_saying_so(self, mei: Person) -> None:
        client = signed_in("HR")
        answer = client.post("/months/close/", {"month": "2026-11"}, follow=True)
        assert answer.redirect_chain[0][0] == f"{reverse('before_closing')}?month=2026-11"
        assert "Something is still open" in answer.text
        assert not MonthClosing.objects.exists()
        closed = close(client, with_open_points="on")
        assert closed is not None
        assert len(closed.open_points) == 7
        page = client.get("/months/?month=2026-11").text
        assert "Closed with 7 open points." in page
        kept = client.get(f"{reverse('before_closing')}?month=2026-11")
        assert "Open when November 2026 was closed" in kept.text
        assert len(kept.context["lines"]) == 7
        assert "with_open_points" not in kept.text

    def test_a_list_that_has_changed_since_it_was_seen_is_shown_anew(self, mei: Person) -> None:
        client = signed_in("HR")
        page = client.get(f"{reverse('before_closing')}?month=2026-11").text
        seen = page.partition('name="agreed" value="')[2].partition('"')[0]
        assert seen == agreed(NOVEMBER)
        Correction.objects.create(
            person=mei, day=dt.date(2026, 11, 27), reason="forgot", requested_at=office.at("2026-12-02 11:59")
        )
        answer = client.get("/months/")
        for posted in (seen, ""):
            form = {"month": "2026-11", "with_open_points": "on", "agreed": posted}
            answer = client.post("/months/close/", form, follow=True)
            assert answer.redirect_chain[0][0] == f"{reverse('before_closing')}?month=2026-11"
            assert "has changed since you saw it. Look at the 8 points" in answer.text
            assert not MonthClosing.objects.exists()
        seen = answer.text.partition('name="agreed" value="')[2].partition('"')[0]
        closed = close(client, with_open_points="on", agreed=seen)
        assert closed is not None
        assert len(closed.open_points) == 8

    def test_closed_twice_by_an_impatient_hand(self, mei: Person) -> None:
        client = signed_in("HR")
        close(client, with_open_points="on")
        answer = client.post("/months/close/", {"month": "2026-11", "with_open_points": "on"}, follow=True)
        assert "This month is closed." in answer.text
        assert MonthClosing.objects.count() == 1

    def test_the_month_that_comes_first_is_named(self, mei: Person) -> None:
        office.punches(mei, "2026-10-05 08:00", "2026-10-05 17:00")
        page = signed_in("HR").get("/months/?month=2026-11").text
        assert "October 2026 comes first." in page
        assert f"{reverse('before_closing')}?month=2026-10" in page

    @pytest.mark.parametrize("role", ["Clerk", "Manager", "Identifier", None])
    def test_only_who_plans_closes(self, mei: Person, role: str | None) -> None:
        client = signed_in(role)
        for name in PAGES:
            assert client.get(reverse(name)).status_code == 403
        assert client.post("/months/close/", {"month": "2026-11", "with_open_points": "on"}).status_code == 403
        assert client.post(reverse("begin_records"), {"month": "2026-11"}).status_code == 403
        assert not MonthClosing.objects.exists()


class TestReopening:
    @pytest.fixture
    def closed(self, mei: Person) -> MonthClosing:
        return closing.close(NOVEMBER, actor=cast.user("closer", role="HR"), with_open_points=True)

    @pytest.mark.slow
    def test_an_administrator_reopens_with_a_reason(self, closed: MonthClosing) -> None:
        chief = signed_in("Administrator")
        address = reverse("reopen_month", args=[closed.pk])
        assert address in chief.get("/months/?month=2026-11").text
        assert "marked <strong>superseded</strong>" in chief.get(address).text
        refused = chief.post(address, {"reason": "  "})
        assert (refused.status_code, "The reason is missing." in refused.text) == (422, True)
        answer = chief.post(address, {"reason": "the shift was wrong"}, follow=True)
        assert "November 2026 is open again." in answer.text
        closed.refresh_from_db()
        assert (closed.state, closed.superseded_reason) == ("superseded", "the shift was wrong")
        page = chief.get("/months/?month=2026-11").text
        assert "Earlier version, superseded:" in page
        assert "Superseded" in chief.get("/months/?month=2026-11&version=1").text

    def test_sent_twice_or_from_the_back_button_it_changes_nothing_more(self, closed: MonthClosing) -> None:
        chief = signed_in("Administrator")
        address = reverse("reopen_month", args=[closed.pk])
        chief.post(address, {"reason": "once"})
        answer = chief.post(address, {"reason": "twice"}, follow=True)
        assert "was reopened already" in answer.text
        closed.refresh_from_db()
        assert closed.superseded_reason == "once"
        again = close(chief, with_open_points="on")
        assert again is not None
        assert again.version == 2
        assert "was reopened already" in chief.post(address, {"reason": "thrice"}, follow=True).text
        again.refresh_from_db()
        assert again.state == "closed"

    @pytest.mark.slow
    def test_only_the_newest_and_only_by_an_administrator(self, closed: MonthClosing) -> None:
        with time_machine.travel(office.at("2027-01-04 12:00"), tick=False):
            newest = closing.close(dt.date(2026, 12, 1), actor=None, with_open_points=True)
            chief = signed_in("Administrator")
            page = chief.get(reverse("reopen_month", args=[closed.pk]))
            assert "Only the newest closed month can be reopened" in page.text
            assert reverse("reopen_month", args=[newest.pk]) in page.text
            assert reverse("reopen_month", args=[closed.pk]) not in chief.get("/months/?month=2026-11").text
            refused = chief.post(reverse("reopen_month", args=[closed.pk]), {"reason": "x"})
            assert refused.status_code == 422
            for role in ("HR", "Clerk", "Manager", None):
                client = signed_in(role)
                assert client.post(reverse("reopen_month", args=[newest.pk]), {"reason": "x"}).status_code == 403
            hr = Client()
            hr.force_login(cast.user("another", role="HR"))
            assert reverse("reopen_month", args=[newest.pk]) not in hr.get("/months/?month=2026-12").text
        assert set(MonthClosing.objects.values_list("state", flat=True)) == {"closed"}

    def test_the_superseded_file_stays_and_says_so(self, closed: MonthClosing) -> None:
        chief = signed_in("Administrator")
        address = f"{reverse('payroll_file')}?month=2026-11"
        before = chief.get(address).getvalue()
        chief.post(reverse("reopen_month", args=[closed.pk]), {"reason": "the shift was wrong"})
        page = chief.get(f"{reverse('payroll')}?month=2026-11&version=1").text
        assert "This file is superseded" in page
        assert "the shift was wrong" in page
        answer = chief.get(f"{address}&version=1")
        assert answer.getvalue() == before
        assert "payroll-2026-11-v1-superseded.csv" in answer.headers["Content-Disposition"]
        assert chief.get(address).status_code == 302  # the month is open: no file without its version


class TestRecordsBegin:
    def test_it_is_set_until_the_first_closing(self, mei: Person) -> None:
        office.punches(mei, "2026-10-05 08:00", "2026-10-05 17:00")
        client = signed_in("HR")
        assert "the first fact is from October 2026" in client.get(reverse("planning")).text
        client.post(reverse("begin_records"), {"month": "2026-11"})
        assert MonthSettings.objects.get().records_begin == NOVEMBER
        page = client.get("/months/?month=2026-10").text
        assert "Before records" in page
        assert f"{reverse('before_closing')}?month=2026-10" not in page
        answer = client.post("/months/close/", {"month": "2026-10", "with_open_points": "on"}, follow=True)
        assert "Records begin later." in answer.text
        close(client, with_open_points="on")
        assert 'name="month"' not in client.get(reverse("planning")).text.partition('id="records-begin"')[2]
        answer = client.post(reverse("begin_records"), {"month": "2026-10"}, follow=True)
        assert "A month is closed already." in answer.text
        assert MonthSettings.objects.get().records_begin == NOVEMBER

    def test_a_slip_is_said(self, mei: Person) -> None:
        answer = signed_in("HR").post(reverse("begin_records"), {"month": "soon"}, follow=True)
        assert "Write the month as 2026-11." in answer.text


class TestAfterAnUpgrade:
    def test_differences_are_listed_until_somebody_has_looked(self, mei: Person) -> None:
        client = signed_in("HR")
        closed = close(client, with_open_points="on")
        assert closed is not None
        assert reverse("month_differences") not in client.get("/months/?month=2026-11").text
        row = closed.people.get()
        for day in row.days:
            if day["day"] == "2026-11-25":
                day["worked"] -= 1800
        row.save()
        MonthClosing.objects.update(filled_in=True)
        assert reverse("month_differences") in client.get("/months/?month=2026-11").text
        page = client.get(reverse("month_differences")).text
        assert "Wed 25 Nov 2026" in page
        assert "worked 7:30 → 8:00" in page
        assert reverse("month_differences") not in signed_in("Clerk").get("/months/?month=2026-11").text
        client.post(reverse("review_month_differences"))
        assert reverse("month_differences") not in client.get("/months/?month=2026-11").text
        assert "Nothing to look at" in client.get(reverse("month_differences")).text


def test_a_forgotten_out_that_is_asked_for_is_one_open_point(mei: Person) -> None:
    client = signed_in("HR")
    typed = {"day": "2026-11-23", "left": "17:00", "reason": "forgot"}
    assert client.post(reverse("ask_correction", args=[mei.pk]), typed).status_code == 302
    kinds = client.get(f"{reverse('before_closing')}?month=2026-11").context["kinds"]
    assert {label: count for _, label, count in kinds if "forgotten" in label or "Correction" in label} == {
        "Correction waits for a decision": 2
    }
    closed = close(client, with_open_points="on")
    assert closed is not None
    assert [point["kind"] for point in closed.open_points].count("missing_out") == 0


def test_rules_changed_since_the_page_was_seen_are_said_and_asked_about_once(mei: Person) -> None:
    client = signed_in("HR")
    page = client.get(f"{reverse('before_closing')}?month=2026-11")
    assert f'name="plan_seen" value="{page.context["plan_seen"]}"' in page.text
    seen = str(page.context["plan_seen"])
    rules.save_rules({"overtime_needs_approval": True, "night": "21:00-05:00"}, actor=None)
    answer = client.post(
        "/months/close/",
        {"month": "2026-11", "agreed": agreed(NOVEMBER), "with_open_points": "on", "plan_seen": seen},
        follow=True,
    )
    assert "Plan or rules were changed since you looked" in answer.text
    assert "holds for November 2026, from 01 Nov 2026 on" in answer.text
    assert not MonthClosing.objects.exists()
    assert close(client, with_open_points="on", plan_seen=str(answer.context["plan_seen"])) is not None
