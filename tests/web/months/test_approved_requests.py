"""What was approved is taken back on a page that shows the days before and after, by whoever may decide about it."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from attendance.people.models import Person
from attendance.reports import digest
from attendance.workdays.models import Correction, CorrectionEntry, Leave, OvertimeApproval, Revocation, State
from attendance.workdays.months import closing
from attendance.workdays.requests import leaves, overtime, revocations
from attendance.workdays.schedule import rules
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
FORGOTTEN = {"day": "2026-11-03", "left": "17:00", "reason": "forgot", "enter": "1"}


def entered(hr: Client, mei: Person) -> tuple[Correction, str]:
    """A correction that counts, and the address of its page."""
    hr.post(reverse("ask_correction", args=[mei.pk]), FORGOTTEN)
    row = Correction.objects.get()
    return row, reverse("approved_request", args=["correction", row.pk])


def granted(mei: Person, first: int = 9, last: int = 13) -> tuple[Leave, str]:
    """Leave that counts, and the address of its page."""
    days = [dt.date(2026, 11, each) for each in (first, last)]
    row = leaves.request(mei, office.leave_type(), first=days[0], last=days[1], actor=None)
    leaves.approve(row, actor=cast.user("boss", role="HR"))
    return row, reverse("approved_request", args=["leave", row.pk])


def press(client: Client, address: str, typed: dict[str, str], *, follow: bool = False) -> Any:
    """Press a button of the page as it is shown now."""
    return client.post(address, {**typed, "agreed": agreed(client.get(address).text)}, follow=follow)


def cut(client: Client, address: str, typed: dict[str, str]) -> Any:
    """Ask what a cut would change, and say yes to it."""
    return client.post(address, {**typed, "agreed": agreed(client.post(address, typed).text)}, follow=True)


def agreed(page: str) -> str:
    """Return what the button of the page sends back of what it shows: of a cut, else of the whole request."""
    found = re.search('name="agreed" value="([^"]*)"', page)
    return found[1] if found else ""


def own_browser(mei: Person) -> Client:
    mei.user = cast.user("mei")
    mei.save()
    client = Client()
    client.force_login(mei.user)
    return client


def codes(client: Client, mei: Person) -> dict[int, str]:
    shown = client.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11").context["days"]
    return {each["date"].day: each["code"] for each in shown}


def worked(client: Client, mei: Person, day: int) -> str:
    shown = client.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11").context["days"]
    return str(next(each["worked"] for each in shown if each["date"].day == day))


def test_a_correction_is_taken_back_from_the_day_and_counts_again(hr: Client, mei: Person) -> None:
    _, address = entered(hr, mei)
    month = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-03").text
    assert f'<a href="{address}">Take back</a>' in month
    assert f'<a href="{address}">Take back</a>' in hr.get(reverse("inbox")).text.partition("Decided last")[2]
    page = hr.get(address).text
    assert "If it is taken back" in page
    assert "worked 8:00 → 0:00" in page
    assert not Revocation.objects.exists()
    said = press(hr, address, {"do": "revoke", "reason": "it was Wednesday"}, follow=True)
    assert "Taken back. The days are counted anew." in said.text
    assert "Tue 3 Nov 2026</h2>" in said.text
    assert "17:00 is of a correction that was taken back." in said.text
    assert worked(hr, mei, 3) == ""
    assert "it was Wednesday" in said.text
    assert f'<a href="{address}">Count it again</a>' in said.text
    assert "worked 0:00 → 8:00" in hr.get(address).text
    assert "It counts again." in press(hr, address, {"do": "restore", "reason": "it was not"}, follow=True).text
    assert worked(hr, mei, 3) == "8:00"


def test_the_second_tab_reads_that_it_is_done(hr: Client, mei: Person) -> None:
    _, address = entered(hr, mei)
    press(hr, address, {"do": "revoke", "reason": "x"})
    again = press(hr, address, {"do": "revoke", "reason": "x"})
    assert again.status_code == 422
    assert "This does not count any more." in again.text
    press(hr, address, {"do": "restore", "reason": "x"})
    again = press(hr, address, {"do": "restore", "reason": "x"})
    assert again.status_code == 422
    assert "This counts already." in again.text
    assert Revocation.objects.count() == 2


def test_a_stale_page_asks_again_with_the_days_as_they_are_now(hr: Client, mei: Person) -> None:
    _, address = entered(hr, mei)
    seen = {"do": "revoke", "reason": "it was Wednesday", "agreed": agreed(hr.get(address).text)}
    later = {"day": "2026-11-03", "left": "18:00", "without": "17:00", "reason": "later", "enter": "1"}
    hr.post(reverse("ask_correction", args=[mei.pk]), later)
    asked = hr.post(address, seen)
    assert asked.status_code == 422
    assert "What would change is other than what you were shown. Nothing is saved" in asked.text
    assert 'value="it was Wednesday"' in asked.text
    assert not Revocation.objects.exists()
    assert worked(hr, mei, 3) == "9:00"
    hr.post(address, {**seen, "agreed": agreed(asked.text)})
    assert Revocation.objects.exists()


def test_without_what_was_shown_nothing_is_taken_back(hr: Client, mei: Person) -> None:
    _, address = entered(hr, mei)
    assert hr.post(address, {"do": "revoke", "reason": "x"}).status_code == 422
    assert not Revocation.objects.exists()


def test_counting_again_asks_again_when_the_days_became_others(hr: Client, mei: Person) -> None:
    row, address = entered(hr, mei)
    press(hr, address, {"do": "revoke", "reason": "x"})
    seen = {"do": "restore", "reason": "x", "agreed": agreed(hr.get(address).text)}
    office.punches(mei, "2026-11-03 12:00", "2026-11-03 16:00")
    asked = hr.post(address, seen)
    assert "What would change is other than what you were shown" in asked.text
    assert not revocations.counts(row)
    hr.post(address, {**seen, "agreed": agreed(asked.text)})
    assert revocations.counts(row)


def test_a_cut_is_saved_only_as_it_was_shown(hr: Client, mei: Person) -> None:
    """The first press shows the days; a yes holds for the part that was typed, and for these days alone."""
    _, address = granted(mei)
    typed = {"do": "shorten", "rest-first": "2026-11-09", "rest-last": "2026-11-10", "rest-part": "full"}
    typed["rest-reason"] = "called back"
    shown = hr.post(address, typed)
    assert shown.status_code == 200
    assert "3 days would change" in shown.text
    assert "Yes, cut it short so" in shown.text
    assert Leave.objects.count() == 1
    yes = agreed(shown.text)
    other = hr.post(address, {**typed, "rest-last": "2026-11-11", "agreed": yes})
    assert "2 days would change" in other.text
    assert Leave.objects.count() == 1
    office.punches(mei, "2026-11-12 08:00", "2026-11-12 12:00")
    again = hr.post(address, {**typed, "agreed": yes})
    assert "What would change is other than what you were shown" in again.text
    assert Leave.objects.count() == 1
    assert "Cut short." in hr.post(address, {**typed, "agreed": agreed(again.text)}, follow=True).text


def test_a_reason_is_needed(hr: Client, mei: Person) -> None:
    _, address = entered(hr, mei)
    refused = press(hr, address, {"do": "revoke", "reason": " "})
    assert refused.status_code == 422
    assert "Write one sentence" in refused.text
    assert not Revocation.objects.exists()


def test_in_a_closed_month_it_is_said_where_it_counts(hr: Client, mei: Person) -> None:
    _, address = entered(hr, mei)
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    page = hr.get(address).text
    assert "November 2026 is closed and stays as it is" in page
    assert "worked 8:00 → 0:00" in page
    said = press(hr, address, {"do": "revoke", "reason": "x"}, follow=True).text
    assert "it is adjusted in the payroll file of the next month that is closed" in said
    assert worked(hr, mei, 3) == "8:00"
    assert "-8:00" in hr.get(reverse("adjustments")).text


def test_leave_is_cut_short_after_a_look_and_made_whole_again(hr: Client, mei: Person) -> None:
    _, address = granted(mei)
    page = hr.get(address).text
    assert "Cancel the leave" in page
    assert "5 days would change" in page
    typed = {"do": "shorten", "rest-first": "2026-11-09", "rest-last": "2026-11-10", "rest-part": "full"}
    tried = hr.post(address, {**typed, "rest-reason": "called back", "try": "1"})
    assert "If only this part remains" in tried.text
    assert "3 days would change" in tried.text
    assert Leave.objects.count() == 1
    wrong = hr.post(address, {**typed, "rest-last": "2026-11-20", "rest-reason": "x"})
    assert wrong.status_code == 422
    assert "That is not a part of the leave." in wrong.text
    assert 'value="2026-11-20"' in wrong.text
    said = cut(hr, address, {**typed, "rest-reason": "called back"}).text
    assert "Cut short." in said
    assert "what remains of 9 Nov to 13 Nov" in said
    assert [codes(hr, mei)[day] for day in (9, 10, 11)] == ["CL", "CL", "A"]
    assert "This does not count any more." in hr.post(address, {**typed, "rest-reason": "twice"}).text
    page = hr.get(address).text
    assert "What remains" in page
    assert "3 days would change" in page
    press(hr, address, {"do": "restore", "reason": "not called back"})
    assert codes(hr, mei)[13] == "CL"


def test_the_person_asks_to_cancel_and_the_manager_decides(hr: Client, mei: Person) -> None:
    row, address = granted(mei)
    own = own_browser(mei)
    month = own.get(f"{reverse('my_month')}?month=2026-11").text
    assert f'<a href="{address}">Ask to cancel or cut short</a>' in month
    page = own.get(address).text
    assert "Ask to cancel it" in page
    assert "Count it again" not in page
    assert "Asked." in press(own, address, {"do": "revoke", "reason": "no trip"}, follow=True).text
    assert codes(hr, mei)[9] == "CL"
    assert "cancelling is asked for" in own.get(f"{reverse('my_month')}?month=2026-11").text
    asked = Revocation.objects.get()
    inbox = hr.get(reverse("inbox")).text
    card = inbox.partition(f'id="cancelling-{asked.pk}"')[2].partition("</section>")[0]
    assert "Asks to cancel what was approved: Mon 9 Nov 2026 to Fri 13 Nov 2026" in card
    assert "no trip" in card
    assert address in card
    assert "Cancelling waits for a decision" in hr.get(f"{reverse('before_closing')}?month=2026-11").text
    assert "A request to cancel this waits" in hr.get(address).text
    decide = reverse("decide_cancelling", args=[asked.pk])
    assert "Approved for Mei." in hr.post(decide, {"verdict": "approve"}, follow=True).text
    assert "This was decided already." in hr.post(decide, {"verdict": "approve"}, follow=True).text
    assert codes(hr, mei)[9] == "A"
    assert not revocations.counts(row)


def test_a_request_to_cancel_that_is_rejected_says_why(hr: Client, mei: Person) -> None:
    row, address = granted(mei)
    own = own_browser(mei)
    press(own, address, {"do": "revoke", "reason": "no trip"})
    decide = reverse("decide_cancelling", args=[Revocation.objects.get().pk])
    hr.post(decide, {"verdict": "reject", "decision": "it was paid already"})
    assert revocations.counts(row)
    assert "it was paid already" in own.get(address).text


def test_the_person_asks_to_cut_short(hr: Client, mei: Person) -> None:
    _, address = granted(mei)
    own = own_browser(mei)
    typed = {"do": "shorten", "rest-first": "2026-11-09", "rest-last": "2026-11-10", "rest-part": "full"}
    cut(own, address, {**typed, "rest-reason": "back early"})
    assert codes(hr, mei)[13] == "CL"
    rest = Leave.objects.get(state=State.REQUESTED)
    card = hr.get(reverse("inbox")).text.partition(f'id="leave-{rest.pk}"')[2].partition("</section>")[0]
    assert "It is what is to remain of the approved leave of" in card
    hr.post(reverse("decide_leave", args=[rest.pk]), {"verdict": "approve"})
    assert [codes(hr, mei)[day] for day in (10, 13)] == ["CL", "A"]


def test_overtime_is_taken_back_and_waits_again(hr: Client, mei: Person) -> None:
    rules.save_rules({"overtime_needs_approval": True}, actor=None)
    office.punches(mei, "2026-11-04 08:00", "2026-11-04 19:00")
    overtime.approve(mei, dt.date(2026, 11, 4), actor=cast.user("boss", role="HR"))
    address = reverse("approved_request", args=["overtime", OvertimeApproval.objects.get().pk])
    assert address in hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11").text
    assert "overtime 2:00 → 0:00" in hr.get(address).text
    press(hr, address, {"do": "revoke", "reason": "x"})
    assert "2:00" in hr.get(f"{reverse('overtime_requests')}?month=2026-11").text
    assert "waits under" in hr.get(address).text


def test_a_time_that_a_correction_brought_is_replaced_by_its_time(hr: Client, mei: Person) -> None:
    entered(hr, mei)
    typed = {"day": "2026-11-03", "left": "18:00", "without": "17:00", "reason": "later", "enter": "1"}
    said = hr.post(reverse("ask_correction", args=[mei.pk]), typed, follow=True).text
    assert "Entered." in said
    assert "without 17:00" in said
    assert CorrectionEntry.objects.exclude(withdraws=None).count() == 1
    assert worked(hr, mei, 3) == "9:00"


def test_nobody_else_opens_the_page(mei: Person, hr: Client) -> None:
    _, address = entered(hr, mei)
    for client in (cast.signed_in("stranger"), cast.signed_in("manager", "Manager")):
        assert client.get(address).status_code == 403
        assert client.post(address, {"do": "revoke", "reason": "x"}).status_code == 403
    clerk = cast.signed_in("reader", "Clerk")
    assert "Ask to cancel it" in clerk.get(address).text
    assert not Revocation.objects.exists()


def test_nobody_takes_back_what_is_their_own(mei: Person, hr: Client) -> None:
    _, address = entered(hr, mei)
    mei.user = cast.user("mei", role="HR")
    mei.save()
    own = Client()
    own.force_login(mei.user)
    press(own, address, {"do": "revoke", "reason": "x"})
    assert Revocation.objects.get().state == State.REQUESTED
    press(own, address, {"do": "restore", "reason": "x"})
    assert Revocation.objects.count() == 1


def test_what_waits_is_counted_in_the_mail(mei: Person, hr: Client) -> None:
    row, _ = entered(hr, mei)
    boss = cast.user("boss", role="HR")
    boss.email = "boss@example.org"
    boss.save()
    revocations.request(row, reason="x", actor=None)
    (found,) = digest.digests(day=dt.date(2026, 12, 1))
    assert found.waiting == 1


def test_an_out_that_loses_its_in_is_open_before_closing(hr: Client, mei: Person) -> None:
    for typed in ({"came": "08:00"}, {"left": "17:00"}):
        hr.post(reverse("ask_correction", args=[mei.pk]), {"day": "2026-11-12", "reason": "x", "enter": "1", **typed})
    first = Correction.objects.get(entries__direction="in")
    address = reverse("approved_request", args=["correction", first.pk])
    said = "Thu 12 Nov 2026 stays present and paid, with 0:00 worked: an out without an in is left."
    assert said in hr.get(address).text
    points = reverse("before_closing") + "?month=2026-11"
    assert "In missing" not in hr.get(points).text
    press(hr, address, {"do": "revoke", "reason": "x"})
    lines = [line for line in hr.get(points).context["lines"] if line.what == "In missing"]
    assert [line.day for line in lines] == [dt.date(2026, 11, 12)]
    assert "day=2026-11-12" in lines[0].address
    assert lines[0].action == "Enter the in"
    asked = {"day": "2026-11-12", "came": "08:30", "reason": "x"}
    hr.post(reverse("ask_correction", args=[mei.pk]), asked)
    assert "In missing" not in hr.get(points).text  # the request is the open point


def test_why_says_of_no_time_that_counts_that_it_was_taken_back(hr: Client, mei: Person) -> None:
    hr.post(
        reverse("ask_correction", args=[mei.pk]),
        {"day": "2026-11-03", "without": "08:00", "reason": "x", "enter": "1", "agreed": ""},
    )
    asked = Correction.objects.get()
    hr.post(reverse("count_again", args=[asked.entries.get().pk]))
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-03").text
    assert "08:00 in." in page
    assert "of a correction that was taken back" not in page
    assert "taken back)" not in page
