"""A check-in that was withdrawn is listed on its day, and counts again in one step."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import CheckIn
from attendance.core.models import AuditEntry
from attendance.people.models import Person
from attendance.workdays.models import Correction, CorrectionEntry
from attendance.workdays.requests import corrections
from tests import cast
from tests.attendance.workdays import office
from timekeeping.requests import Asked
from timekeeping.values import Direction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
DAY = dt.date(2026, 11, 2)


def card(client: Client, person: Person) -> str:
    page = client.get(f"{reverse('person_month', args=[person.pk])}?month=2026-11&day={DAY}").text
    return page.partition('id="mend"')[2].partition("</section>")[0]


@pytest.fixture
def withdrawn(mei: Person) -> CorrectionEntry:
    """Mei's in of Monday does not count."""
    gone = [CheckIn.objects.earliest("at")]
    asked = corrections.request(mei, DAY, withdrawn=gone, reason="not her", actor=None)
    corrections.approve(asked, actor=cast.user("boss", role="HR"))
    return CorrectionEntry.objects.get()


def test_it_is_struck_through_and_counts_again_by_one_button(
    hr: Client, mei: Person, withdrawn: CorrectionEntry
) -> None:
    shown = card(hr, mei)
    assert "<s>08:20</s>" in shown
    assert "not her" in shown
    assert "<dt>Worked</dt><dd>0:00 of" in shown
    address = reverse("count_again", args=[withdrawn.pk])
    assert f'action="{address}"' in shown
    page = hr.post(address, follow=True)
    assert "The check-in counts again from now on." in page.text
    again = card(hr, mei)
    assert "<s>" not in again
    assert "<dd>08:20, 17:00</dd><dt>Worked</dt><dd>7:40 of" in again
    assert "08:20 counts again" in page.text
    assert AuditEntry.objects.filter(action="workdays.approve_correction").count() == 2
    assert withdrawn.correction.state == "approved"  # what was decided stays


def test_a_second_press_changes_nothing(hr: Client, mei: Person, withdrawn: CorrectionEntry) -> None:
    address = reverse("count_again", args=[withdrawn.pk])
    hr.post(address)
    assert "counts already" in hr.post(address, follow=True).text.lower()
    assert Correction.objects.count() == 2


def test_it_can_be_withdrawn_once_more(hr: Client, mei: Person, withdrawn: CorrectionEntry) -> None:
    hr.post(reverse("count_again", args=[withdrawn.pk]))
    gone = [CheckIn.objects.earliest("at")]
    asked = corrections.request(mei, DAY, withdrawn=gone, reason="no, it was not", actor=None)
    corrections.approve(asked, actor=cast.user("chief", role="HR"))
    assert "<s>08:20</s>" in card(hr, mei)
    assert "<dt>Worked</dt><dd>0:00 of" in card(hr, mei)


def test_only_who_may_decide_puts_it_back(client: Client, mei: Person, withdrawn: CorrectionEntry) -> None:
    user = cast.user("mei")
    Person.objects.filter(pk=mei.pk).update(user=user)
    client.force_login(user)
    shown = card(client, mei)
    assert "<s>08:20</s>" in shown
    assert "Count it again" not in shown
    assert client.post(reverse("count_again", args=[withdrawn.pk])).status_code == 403
    assert Correction.objects.count() == 1


def test_what_a_new_time_replaced_is_put_back_with_the_whole_correction(hr: Client, mei: Person) -> None:
    typed = {"day": str(DAY), "came": "08:00", "without": "08:20", "reason": "stood in the queue", "enter": "1"}
    assert hr.post(reverse("ask_correction", args=[mei.pk]), typed).status_code == 302
    shown = card(hr, mei)
    assert "<s>08:20</s>" in shown
    assert "Count it again" not in shown
    address = reverse("approved_request", args=["correction", Correction.objects.get().pk])
    assert f'href="{address}">Take that correction back</a>' in shown
    assert hr.get(address).status_code == 200


def test_a_check_in_that_changes_nothing_says_so(hr: Client, mei: Person) -> None:
    """The out of the door was withdrawn and 20:00 entered: put back, 17:00 does not decide the day."""
    office.punches(mei, "2026-11-05 08:00", "2026-11-05 17:00")
    day = dt.date(2026, 11, 5)
    boss = cast.user("boss", role="HR")
    gone = [CheckIn.objects.latest("at")]
    corrections.approve(corrections.request(mei, day, withdrawn=gone, reason="x", actor=None), actor=boss)
    asked = [Asked(dt.datetime.fromisoformat("2026-11-05 20:00"), Direction.OUT)]
    corrections.approve(corrections.request(mei, day, asked=asked, reason="x", actor=None), actor=boss)
    page = hr.post(reverse("count_again", args=[CorrectionEntry.objects.get(at=None).pk]), follow=True).text
    assert "It counts again; the day stays as it is, decided by 08:00 and 20:00." in page
    assert "from now on" not in page
