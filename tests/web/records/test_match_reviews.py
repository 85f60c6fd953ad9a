"""Weak matches are listed with both faces; an answer takes the check-in away or puts it back, and is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.checkins.models import CheckIn
from attendance.core.errors import Refusal
from attendance.core.models import AuditEntry
from attendance.people.models import Person
from attendance.recognition.models import Encoder, ReferenceEmbedding
from attendance.workdays import facts
from attendance.workdays.models import Correction, MatchReview, State
from attendance.workdays.months import adjustments
from attendance.workdays.requests import corrections, reviews
from tests import cast, factories
from tests.attendance.workdays import office
from tests.attendance.workdays.closings import DECEMBER, JANUARY, NOVEMBER, close
from tests.factories import NOON
from tests.web.records.test_attempts import JPEG, photo_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("december")]
MONDAY = dt.date(2026, 11, 2)
Verdict = reviews.Verdict


@pytest.fixture
def mei() -> Person:
    return office.employee("Mei Lin", shift=office.day_shift())


def punch(person: Person, text: str, direction: str = "in", **fields: Any) -> CheckIn:
    """Check in by a weak match."""
    encoder, _ = Encoder.objects.get_or_create(name="sface-test", defaults={"registered_at": NOON})
    photo = photo_of(person) if not person.references.exists() else person.references.get()
    ReferenceEmbedding.objects.get_or_create(
        reference=photo, encoder=encoder, status="ready", vector=b"1", aligned=JPEG, created_at=NOON
    )
    about: dict[str, Any] = {
        "answer": "matched",
        "person": person,
        "reference": photo,
        "encoder": encoder,
        "distance": 0.961,
        "threshold": 0.998,
        "weakness": "near_threshold",
        "aligned": JPEG,
    }
    attempt = factories.attempt(office.at(text), **about | fields)
    return factories.check_in(person, attempt.at, direction, attempt=attempt)


def worked(person: Person, day: dt.date = MONDAY) -> int:
    [(_, [found])] = facts.derive(Person.objects.filter(pk=person.pk), day, day)
    return found.worked // 60


def press(client: Client, check_in: CheckIn, verdict: str, **more: str) -> str:
    address = reverse("answer_match", args=[check_in.pk])
    return client.post(address, {"verdict": verdict, **more}, follow=True).text


def test_the_list_shows_both_faces_and_why(hr: Client, mei: Person) -> None:
    near = punch(mei, "2026-11-02 08:00")
    ben = factories.person("Ben Ali")
    doubtful = punch(
        mei, "2026-11-02 17:00", "out", weakness="near_runner_up", runner_up=ben, runner_up_distance=1.04, distance=0.93
    )
    factories.check_in(mei, office.at("2026-11-02 12:00"), attempt=factories.attempt(answer="matched", person=mei))
    taken_back = punch(mei, "2026-11-02 09:00")
    CheckIn.objects.filter(pk=taken_back.pk).update(voided_at=NOON, void_reason="not_me")
    page = hr.get(reverse("match_reviews"))
    assert [row["match"].check_in for row in page.context["rows"]] == [doubtful, near]
    for expected in (
        "The two faces are only just alike enough.",
        "Ben Ali is nearly as much alike.",
        "0.96",
        "1.04",
        reverse("attempt_face", args=[near.attempt_id]),
        reverse("reference_face", args=[mei.references.get().pk]),
    ):
        assert expected in page.text, expected
    assert page.text.count(">It is not<") == 2
    assert "<b>2</b>" in hr.get(reverse("today")).text


def test_a_picture_that_was_deleted_leaves_the_figures(hr: Client, mei: Person) -> None:
    gone = punch(mei, "2026-11-02 08:00", aligned=None, evidence_deleted_at=NOON)
    ReferenceEmbedding.objects.update(aligned=None)
    page = hr.get(reverse("match_reviews")).text
    assert "Deleted after 7 days" in page
    for address in (reverse("attempt_face", args=[gone.attempt_id]), reverse("reference_face", args=[1])[:-2]):
        assert address not in page
    assert "0.96" in page
    assert "1.00" in page
    assert ">It is<" in page


def test_it_is_keeps_the_check_in_and_leaves_the_list(hr: Client, mei: Person) -> None:
    came = punch(mei, "2026-11-02 08:00")
    punch(mei, "2026-11-02 17:00", "out", weakness="")
    assert "it was Mei Lin" in press(hr, came, "right")
    assert worked(mei) == 8 * 60
    assert "Nothing to look at" in hr.get(reverse("match_reviews")).text
    assert ">It is not<" in hr.get(reverse("match_reviews"), {"shown": "answered"}).text
    assert "decided already" in press(hr, came, "right")
    review = MatchReview.objects.get()
    assert (review.verdict, review.by and review.by.username, review.correction) == ("right", "hr", None)
    assert AuditEntry.objects.filter(action="workdays.review_match").count() == 1


def test_it_is_not_takes_the_check_in_away_and_can_be_taken_back(hr: Client, mei: Person) -> None:
    punch(mei, "2026-11-02 08:00", weakness="")
    back = punch(mei, "2026-11-02 12:00", "out")
    punch(mei, "2026-11-02 17:00", "out", weakness="")
    before = worked(mei)
    assert "12:00 does not count any more" in press(hr, back, "wrong")
    assert worked(mei) == 8 * 60 != before
    correction = Correction.objects.get()
    assert (correction.state, correction.day, correction.reason) == (State.APPROVED, MONDAY, reviews.REASON)
    assert "decided already" in press(hr, back, "wrong")
    assert Correction.objects.count() == 1

    assert "12:00 counts" in press(hr, back, "right", shown="answered")
    assert worked(mei) == before
    assert [each.verdict for each in MatchReview.objects.order_by("pk")] == ["wrong", "right"]
    press(hr, back, "wrong", shown="answered")
    assert worked(mei) == 8 * 60
    assert MatchReview.objects.count() == 3


def test_a_night_is_withdrawn_from_the_day_that_it_belongs_to(hr: Client) -> None:
    nora = office.employee("Nora", shift=office.night_shift())
    punch(nora, "2026-11-02 22:00", weakness="")
    early = punch(nora, "2026-11-03 02:00", "out")
    punch(nora, "2026-11-03 06:00", "out", weakness="")
    press(hr, early, "wrong")
    assert Correction.objects.get().day == MONDAY
    assert worked(nora) == 8 * 60


def test_a_closed_month_is_adjusted_and_the_adjustment_goes_again(hr: Client, mei: Person) -> None:
    punch(mei, "2026-11-02 08:00", weakness="")
    left = punch(mei, "2026-11-02 17:00", "out")
    close(NOVEMBER, "2026-12-02 12:00")
    with time_machine.travel(office.at("2026-12-03 12:00"), tick=False):
        assert "payroll file of the next month" in press(hr, left, "wrong")
        [found] = adjustments.find(DECEMBER)
        assert found.quantities["worked"] == -8 * 3600
        assert "payroll file of the next month" in press(hr, left, "right", shown="answered")
        assert list(adjustments.find(DECEMBER)) == []


def test_what_is_put_back_after_its_adjustment_was_paid_is_paid_again(mei: Person) -> None:
    boss = cast.user("boss", role="HR")
    punch(mei, "2026-11-02 08:00", weakness="")
    left = punch(mei, "2026-11-02 17:00", "out")
    close(NOVEMBER, "2026-12-02 12:00")
    with time_machine.travel(office.at("2026-12-03 12:00"), tick=False):
        reviews.answer(left, verdict=Verdict.WRONG, actor=boss)
    close(DECEMBER, "2027-01-02 12:00")
    assert list(adjustments.find(JANUARY)) == []
    with time_machine.travel(office.at("2027-01-03 12:00"), tick=False):
        reviews.answer(left, verdict=Verdict.RIGHT, actor=boss)
        [found] = adjustments.find(JANUARY)
    assert (found.month, found.quantities["worked"]) == (NOVEMBER, 8 * 3600)


def test_what_another_correction_took_away_is_not_put_back(hr: Client, mei: Person) -> None:
    came = punch(mei, "2026-11-02 08:00")
    boss = cast.user("boss", role="HR")
    asked = corrections.request(mei, MONDAY, withdrawn=[came], reason="not me", actor=None)
    corrections.approve(asked, actor=boss)
    assert "Nothing to look at" in hr.get(reverse("match_reviews")).text
    with pytest.raises(Refusal, match="withdrawn_otherwise"):
        reviews.answer(came, verdict=Verdict.RIGHT, actor=boss)
    review = reviews.answer(came, verdict=Verdict.WRONG, actor=boss)
    assert review.correction is None
    assert Correction.objects.count() == 1


def test_what_is_not_weak_is_not_reviewed(hr: Client, mei: Person) -> None:
    plain = punch(mei, "2026-11-02 08:00", weakness="")
    assert "nothing to look at any more" in press(hr, plain, "wrong")
    assert not Correction.objects.exists()


def test_who_may_look_and_who_may_answer(mei: Person) -> None:
    came = punch(mei, "2026-11-02 08:00")
    reader = cast.signed_in("reader", "Clerk")
    assert ">It is<" not in reader.get(reverse("match_reviews")).text
    assert reader.post(reverse("answer_match", args=[came.pk]), {"verdict": "wrong"}).status_code == 403
    nobody = cast.signed_in("nobody")
    assert nobody.get(reverse("match_reviews")).status_code == 403
    manager = cast.signed_in("manager", "Manager")  # of another department
    assert manager.post(reverse("answer_match", args=[came.pk]), {"verdict": "wrong"}).status_code == 403
    own = cast.user("mei", role="HR")
    Person.objects.filter(pk=mei.pk).update(user=own)
    herself = Client()
    herself.force_login(own)
    assert ">It is<" not in herself.get(reverse("match_reviews")).text
    assert herself.post(reverse("answer_match", args=[came.pk]), {"verdict": "right"}).status_code == 403
    assert not MatchReview.objects.exists()


def test_a_long_list_has_pages_and_few_queries(hr: Client, mei: Person, django_assert_max_num_queries: Any) -> None:
    for minute in range(25):
        punch(mei, f"2026-11-02 08:{minute:02}")
    with django_assert_max_num_queries(25):
        page = hr.get(reverse("match_reviews"))
    assert len(page.context["rows"]) == 20
    assert len(hr.get(reverse("match_reviews"), {"page": "2"}).context["rows"]) == 5
