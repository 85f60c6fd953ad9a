"""Requests on a person's month: asked once, decided once, with what should be known, on the month that is open."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import CheckIn
from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.workdays.models import Correction, CorrectionEntry, Leave, LeaveType, State
from attendance.workdays.months import closing
from attendance.workdays.requests import corrections, leaves
from tests import cast
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import NOVEMBER, agreed
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
FORGOTTEN = {"day": "2026-11-03", "left": "17:00", "reason": "forgot"}


def twin(correction: Correction) -> Correction:
    """The same request once more, as it could be made before twins were refused."""
    entries = list(correction.entries.all())
    correction.pk = None
    correction.save()
    for entry in entries:
        CorrectionEntry.objects.create(
            correction=correction, at=entry.at, direction=entry.direction, replaces=entry.replaces
        )
    return correction


def test_the_same_correction_waits_once(hr: Client, mei: Person) -> None:
    address = reverse("ask_correction", args=[mei.pk])
    assert hr.post(address, FORGOTTEN).status_code == 302
    for other in ({}, {"reason": "really"}, {"day": "2026-11-02", "next_day": "1"}):
        again = hr.post(address, {**FORGOTTEN, **other})
        assert again.status_code == 422
        assert "This is asked for already" in again.text
    assert Correction.objects.count() == 1
    assert hr.post(address, {**FORGOTTEN, "left": "17:05"}).status_code == 302  # another time may be meant instead


def test_a_check_in_is_asked_away_once(mei: Person) -> None:
    gone = [CheckIn.objects.earliest("at")]
    corrections.request(mei, dt.date(2026, 11, 2), withdrawn=gone, reason="not me", actor=None)
    with pytest.raises(Refusal, match="already_asked"):
        corrections.request(mei, dt.date(2026, 11, 2), withdrawn=gone, reason="not me", actor=None)
    first = Correction.objects.get()
    second = twin(Correction.objects.get())
    actor = cast.user("boss", role="HR")
    corrections.approve(first, actor=actor)
    with pytest.raises(Refusal, match="already_approved"):
        corrections.approve(second, actor=actor)


def test_what_was_rejected_or_withdrawn_may_be_asked_again(hr: Client, mei: Person) -> None:
    address = reverse("ask_correction", args=[mei.pk])
    for state in (State.REJECTED, State.WITHDRAWN):
        assert hr.post(address, FORGOTTEN).status_code == 302
        Correction.objects.filter(state=State.REQUESTED).update(state=state)
    assert hr.post(address, FORGOTTEN).status_code == 302


def test_a_twin_is_not_approved_but_can_be_rejected(hr: Client, mei: Person) -> None:
    hr.post(reverse("ask_correction", args=[mei.pk]), FORGOTTEN)
    first = Correction.objects.get()
    second = twin(Correction.objects.get())
    hr.post(reverse("decide_correction", args=[first.pk]), {"verdict": "approve"})
    page = hr.post(reverse("decide_correction", args=[second.pk]), {"verdict": "approve"}, follow=True).text
    assert "Another request brought the same time already." in page
    second.refresh_from_db()
    assert second.state == State.REQUESTED
    hr.post(reverse("decide_correction", args=[second.pk]), {"verdict": "reject", "decision": "came twice"})
    second.refresh_from_db()
    assert second.state == State.REJECTED


def test_leave_of_the_same_days_is_approved_once(mei: Person) -> None:
    kind = office.leave_type()
    first, last = dt.date(2026, 12, 14), dt.date(2026, 12, 15)
    one = leaves.request(mei, kind, first=first, last=last, actor=None)
    two = Leave.objects.create(person=mei, type=kind, first=last, last=last, requested_at=one.requested_at)
    actor = cast.user("boss", role="HR")
    leaves.approve(one, actor=actor)
    with pytest.raises(Refusal, match="leave_overlaps"):
        leaves.approve(two, actor=actor)


@pytest.mark.parametrize("page", ["ask_correction", "ask_leave"])
def test_a_slip_stays_on_the_month_that_was_open(hr: Client, mei: Person, page: str) -> None:
    office.leave_type()
    shown = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11").text
    address = f"{reverse(page, args=[mei.pk])}?month=2026-11#mend"
    assert f'action="{address}"' in shown
    typed = {"day": "2026-11-03", "came": "08:00", "first": "2026-11-09", "last": "2026-11-04", "reason": "my words"}
    wrong = hr.post(address, {**typed, "kind": LeaveType.objects.get().pk, "part": "full"})
    assert wrong.status_code == 422
    assert "<title>November 2026" in wrong.text
    assert 'value="my words"' in wrong.text
    assert 'value="2026-11-03"' in wrong.text or 'value="2026-11-09"' in wrong.text
    assert hr.get(address).headers["Location"].endswith("?month=2026-11")


def test_a_slip_keeps_the_day_that_a_link_was_about(hr: Client, mei: Person) -> None:
    shown = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-03").text
    address = f"{reverse('ask_correction', args=[mei.pk])}?month=2026-11&amp;day=2026-11-03#mend"
    assert f'action="{address}"' in shown
    wrong = hr.post(address.replace("&amp;", "&"), {"day": "", "left": "17:00", "reason": "x"})
    assert "<title>November 2026" in wrong.text
    assert "Tue 3 Nov 2026</h2>" in wrong.text


def ask_leave(client: Client, person: Person, first: str, last: str, part: str = "full") -> str:
    kind = LeaveType.objects.get()
    typed = {"kind": kind.pk, "first": first, "last": last, "part": part}
    return client.post(reverse("ask_leave", args=[person.pk]), typed, follow=True).text


def test_leave_on_days_that_were_worked_is_asked_with_a_warning(hr: Client, mei: Person) -> None:
    office.leave_type()
    page = ask_leave(hr, mei, "2026-11-02", "2026-11-04")
    assert "Asked." in page
    assert "Work is recorded on: 2 Nov 2026 (7:40)." in page
    assert "is closed" not in page
    assert "Work is recorded on: 2 Nov 2026 (7:40)." in hr.get(reverse("inbox")).text
    assert Leave.objects.get().state == State.REQUESTED


def test_leave_that_meets_no_work_is_asked_without_a_warning(hr: Client, mei: Person) -> None:
    office.leave_type()
    office.punches(mei, "2026-11-05 08:00", "2026-11-05 12:00")
    assert "Work is recorded" not in ask_leave(hr, mei, "2026-11-09", "2026-12-31")
    assert "Work is recorded" not in ask_leave(hr, mei, "2026-11-05", "2026-11-05", "second_half")
    LeaveType.objects.update(at_work=True)
    assert "Work is recorded" not in ask_leave(hr, mei, "2026-11-02", "2026-11-02")


def test_leave_in_a_closed_month_is_asked_with_a_warning(hr: Client, mei: Person) -> None:
    office.leave_type()
    hr.post(reverse("close_month"), {"month": "2026-11", "with_open_points": "1", "agreed": agreed(NOVEMBER)})
    page = ask_leave(hr, mei, "2026-11-30", "2026-12-01")
    assert "November 2026 is closed: the leave counts as an adjustment of the next month." in page
    assert "is closed: the leave" not in ask_leave(hr, mei, "2026-12-14", "2026-12-15")


def test_the_order_of_decisions_hangs_on_no_number_of_a_row(hr: Client, mei: Person) -> None:
    """Rows of two tables count apart: on a shared moment the greater number is not the later decision."""
    kind = office.leave_type()
    for day in (14, 15, 16):
        each = dt.date(2026, 12, day)
        leaves.request(mei, kind, first=each, last=each, actor=None)
    hr.post(reverse("ask_correction", args=[mei.pk]), FORGOTTEN)
    hr.post(reverse("decide_leave", args=[Leave.objects.latest("pk").pk]), {"verdict": "approve"})
    hr.post(reverse("decide_correction", args=[Correction.objects.get().pk]), {"verdict": "approve"})
    found = hr.get(reverse("inbox")).context["decided"]
    assert [type(each) for each in found] == [Correction, Leave]


def test_a_recorded_time_is_replaced_in_one_step(hr: Client, mei: Person) -> None:
    """The door wrote 08:20, the person was there at 08:00; a time that the day does not hold is refused."""
    address = reverse("ask_correction", args=[mei.pk])
    typed = {"day": "2026-11-02", "came": "08:00", "reason": "stood in the queue"}
    refused = hr.post(address, typed)
    assert "as one that is not to count" in refused.text
    assert 'name="without"' in refused.text
    assert "No check-in is at 08:21" in hr.post(address, {**typed, "without": "08:21"}).text
    assert "Write times as 08:13" in hr.post(address, {**typed, "without": "8 o'clock"}).text
    assert "Write times as 08:13" in hr.post(address, {**typed, "without": "8.20"}).text
    asked = hr.post(address, {**typed, "without": "08:20"})
    assert asked.status_code == 302, asked.context["correction_form"].errors
    assert "?month=2026-11&day=2026-11-02#" in asked.headers["Location"]
    hr.post(reverse("decide_correction", args=[Correction.objects.get().pk]), {"verdict": "approve"})
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-02").text
    assert "was withdrawn by an approved correction" in page
    assert "<dd>08:00, 17:00</dd><dt>Worked</dt><dd>8:00 of" in page


def test_a_time_that_should_not_be_there_is_withdrawn_alone(hr: Client, mei: Person) -> None:
    address = reverse("ask_correction", args=[mei.pk])
    assert hr.post(address, {"day": "2026-11-03", "without": "08:00", "reason": "not me"}).status_code == 302
    entry = CorrectionEntry.objects.get()
    assert entry.replaces is not None
    assert entry.at is None


def test_two_leaves_share_a_day_by_its_halves_alone(hr: Client, mei: Person) -> None:
    """Monday to Wednesday with Wednesday's first half, then Wednesday's second half to Friday."""
    office.leave_type()
    kind, kind_code = LeaveType.objects.values_list("pk", "code").get()
    address = reverse("ask_leave", args=[mei.pk])
    first = {"kind": kind, "first": "2026-11-09", "last": "2026-11-11", "part": "first_half", "half_day": "2026-11-11"}
    second = {"kind": kind, "first": "2026-11-11", "last": "2026-11-13", "part": "second_half"}
    assert "Choose which half" in hr.post(address, {**first, "part": "full"}).text
    taken = hr.post(address, first)
    assert taken.status_code == 302, taken.context["leave_form"].errors
    assert hr.post(address, {**second, "half_day": "2026-11-12"}).status_code == 422  # the 11th would be whole
    assert hr.post(address, {**second, "first": "2026-11-10", "half_day": "2026-11-11"}).status_code == 422
    assert hr.post(address, {**second, "half_day": "2026-11-11"}).status_code == 302
    actor = cast.user("boss", role="HR")
    for leave in Leave.objects.all():
        leaves.approve(leave, actor=actor)
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11").context["days"]
    codes = {day["date"].day: day["code"] for day in page}
    assert {codes[day] for day in range(9, 14)} == {kind_code}


def test_who_may_decide_enters_a_time_at_once(hr: Client, mei: Person) -> None:
    page = hr.get(f"{reverse('person_month', args=[mei.pk])}?month=2026-11&day=2026-11-03").text
    assert 'name="enter" value="1">Enter it' in page
    assert "Both hold as soon as you enter them" in page
    said = hr.post(reverse("ask_correction", args=[mei.pk]), {**FORGOTTEN, "enter": "1"}, follow=True)
    assert "Entered. It counts from now on." in said.text
    assert "Tue 3 Nov 2026</h2>" in said.text
    assert Correction.objects.get().state == State.APPROVED


def test_a_time_entered_in_a_closed_month_says_where_it_counts(hr: Client, mei: Person) -> None:
    closing.close(NOVEMBER, actor=None, with_open_points=True)
    said = hr.post(reverse("ask_correction", args=[mei.pk]), {**FORGOTTEN, "enter": "1"}, follow=True)
    assert "it is adjusted in the payroll file of the next month that is closed" in said.text
    assert "It counts from now on." not in said.text


def test_nobody_enters_a_time_of_their_own(mei: Person) -> None:
    mei.user = cast.user("mei", role="Manager")
    mei.save()
    client = Client()
    client.force_login(mei.user)
    assert "Enter it" not in client.get(f"{reverse('my_month')}?month=2026-11&day=2026-11-03").text
    refused = client.post(reverse("ask_correction", args=[mei.pk]), {**FORGOTTEN, "enter": "1"})
    assert refused.status_code == 422
    assert not Correction.objects.exists()


def test_requests_for_one_missing_out_are_said_to_compete(hr: Client, mei: Person) -> None:
    day = dt.date(2026, 11, 3)
    for text in ("2026-11-03 17:00", "2026-11-03 19:00", "2026-11-04 02:00"):
        asked = [Asked(dt.datetime.fromisoformat(text), Direction.OUT)]
        corrections.request(mei, day, asked=asked, reason="forgot", actor=None)
    own = [
        Asked(dt.datetime.fromisoformat(f"2026-11-05 {at}"), way)
        for at, way in (("08:00", Direction.IN), ("17:00", Direction.OUT))
    ]
    corrections.request(mei, dt.date(2026, 11, 5), asked=own, reason="forgot", actor=None)
    assert hr.get(reverse("inbox")).text.count("3 wait for this out; approving one refuses the others.") == 3
    first, second = Correction.objects.order_by("pk")[:2]
    hr.post(reverse("decide_correction", args=[first.pk]), {"verdict": "approve"})
    answer = hr.post(reverse("decide_correction", args=[second.pk]), {"verdict": "approve"}, follow=True).text
    assert "Reject this request; or, if it is the right one, take the out at 17:00 back first" in answer
    assert "as one that is not to count" not in answer


def press_approve(hr: Client, page: str, leave: Leave) -> str:
    """Press the button of a page as it was shown."""
    address = reverse("decide_leave", args=[leave.pk])
    form = page.partition(f'action="{address}"')[2].partition("</form>")[0]
    seen = re.search(r'name="seen" value="(\d+)"', form)
    assert seen is not None
    return hr.post(address, {"verdict": "approve", "seen": seen[1]}, follow=True).text


def test_a_request_is_not_approved_from_a_page_that_is_older_than_its_days(hr: Client, mei: Person) -> None:
    """A time is entered in a second tab; the page that decides about the leave said nothing of it."""
    day = dt.date.fromisoformat(FORGOTTEN["day"])
    leave = leaves.request(mei, office.leave_type(), first=day, last=day, actor=None)
    hr.post(reverse("ask_correction", args=[mei.pk]), FORGOTTEN)
    stale = hr.get(reverse("inbox")).text
    corrections.approve(Correction.objects.get(), actor=cast.user("other", role="HR"))
    assert "Not approved yet" in press_approve(hr, stale, leave)
    leave.refresh_from_db()
    assert leave.state == State.REQUESTED
    assert "Approved for" in press_approve(hr, hr.get(reverse("inbox")).text, leave)


def test_what_became_of_somebody_else_meanwhile_stands_in_nobodys_way(hr: Client, mei: Person) -> None:
    day = dt.date.fromisoformat(FORGOTTEN["day"])
    leave = leaves.request(mei, office.leave_type(), first=day, last=day, actor=None)
    stale = hr.get(reverse("inbox")).text
    other = office.employee("Somebody Else", shift=None)
    row = leaves.request(other, LeaveType.objects.get(), first=day, last=day, actor=None)
    leaves.approve(row, actor=cast.user("other", role="HR"))
    assert "Approved for" in press_approve(hr, stale, leave)
