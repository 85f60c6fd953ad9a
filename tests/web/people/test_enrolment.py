"""A person can be enrolled from the browser, mistakes are explained, and each action asks its rule."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from attendance.core.models import User
from attendance.enrolment import embedding, photos, replacing
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import gallery, identify
from attendance.recognition.models import ReferenceEmbedding
from attendance.reports import enrolled
from attendance.reports.enrolled import Passed
from tests import factories
from tests.factories import NOON
from tests.verifier import pictures, portraits
from verifier import image

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def own_folder(settings: Any, tmp_path: Any) -> Any:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    gallery.reset()
    yield
    gallery.reset()


def photo(data: bytes, name: str = "me.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="image/jpeg")


def add(desk: Client, **fields: Any) -> Any:
    sent = {"employee_number": "0017", "name": "Mei Lin", "department": "Workshop"} | fields
    return desk.post(reverse("enrol"), sent)


def work() -> None:
    """Do the worker's part."""
    waiting = ReferenceEmbedding.objects.filter(status="pending").values_list("pk", flat=True)
    embedding.embed_all(list(waiting))


def test_a_person_is_added_with_a_photo_and_becomes_ready(desk: Client, astronaut_jpeg: bytes) -> None:
    answered = add(desk, photo=photo(astronaut_jpeg))
    person = Person.objects.get()
    assert answered.headers["Location"] == reverse("person", args=[person.pk])
    page = desk.get(answered.headers["Location"]).text
    assert "In work" in page
    assert "delay:1s" in page
    work()
    live = desk.get(reverse("person_status", args=[person.pk])).text
    assert "Ready" in live
    assert "hx-get" not in live
    assert reverse("reference_face", args=[ReferenceImage.objects.get().pk]) in live
    assert live.count("check-yes") == 5


def test_a_refused_photo_says_why_and_what_to_do(desk: Client) -> None:
    add(desk, photo=photo(b"this is not a picture"))
    work()
    live = desk.get(reverse("person_status", args=[Person.objects.get().pk])).text
    assert "This is not a picture we can read." in live
    assert "JPEG" in live


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"photo": b""}, "This is not a picture we can read."),
        ({"name": "  "}, "This field is required."),
        ({"name": "x" * 301}, "Use at most 300 characters."),
        ({"employee_number": "n" * 65}, "Use at most 64 characters."),
        ({"department": "d" * 201}, "Use at most 200 characters."),
    ],
)
def test_what_is_refused_leaves_nothing_behind(desk: Client, fields: dict[str, Any], words: str) -> None:
    if "photo" in fields:
        fields = fields | {"photo": photo(fields["photo"])}
    answered = add(desk, **fields)
    assert answered.status_code == 422
    assert words in answered.text
    assert 'value="0017"' in answered.text or "employee_number" in fields
    assert not Person.objects.exists()


@pytest.mark.parametrize(
    "name", ["🙂 Zoë", "دانا", "李", "<script>alert(1)</script>", "O'Neil", "x" * 300, "..", "a/b"]
)
def test_any_name_is_accepted(desk: Client, name: str) -> None:
    answered = add(desk, name=name)
    assert Person.objects.get().name == name
    page = desk.get(answered.headers["Location"]).text
    assert "<script>alert" not in page


def test_a_form_sent_twice_adds_one_person(desk: Client) -> None:
    first, second = add(desk), add(desk)
    assert first.headers["Location"] == second.headers["Location"]
    assert Person.objects.count() == 1


def test_a_number_that_is_taken_is_reported_beside_its_field(desk: Client) -> None:
    add(desk)
    answered = add(desk, name="Somebody Else")
    assert answered.status_code == 422
    assert "belongs to somebody else" in answered.text
    assert Person.objects.count() == 1


def test_a_photo_is_replaced_and_the_old_one_withdrawn(desk: Client, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> None:
    add(desk, photo=photo(astronaut_jpeg))
    work()
    person = Person.objects.get()
    desk.post(reverse("replace_photo", args=[person.pk]), {"photo": photo(hopper_jpeg)})
    assert "New photo in work" in desk.get(reverse("person", args=[person.pk])).text
    work()
    page = desk.get(reverse("person", args=[person.pk]))
    assert "The new photo shows another face" in page.text
    assert states_of(desk, "Mei Lin") == ["Waits for a decision"] * 4
    assert desk.get(reverse("people"), {"shown": "attention"}).context["page"].paginator.count == 1
    old, new = ReferenceImage.objects.order_by("pk")
    assert (old.withdrawn_at, new.withdrawn_at) == (None, None)
    answered = desk.post(
        reverse("replace_face", args=[person.pk]), {"photo": old.pk, "verdict": "replace"}, follow=True
    )
    assert "No photo waits" in answered.text  # the page was an old one
    answered = desk.post(
        reverse("replace_face", args=[person.pk]), {"photo": new.pk, "verdict": "replace"}, follow=True
    )
    assert "Bring the old photo back" in answered.text
    old, new = ReferenceImage.objects.order_by("pk")
    assert (old.withdrawn_at is None, new.withdrawn_at) == (False, None)
    answered = desk.post(reverse("replace_photo", args=[person.pk]), follow=True)
    assert "No photo was chosen" in answered.text
    desk.post(reverse("restore_photo", args=[person.pk]), {"photo": old.pk})
    work()
    assert states_of(desk, "Mei Lin") == ["Ready"] * 4
    assert photos.current(person) == old
    desk.post(reverse("replace_photo", args=[person.pk]), {"photo": photo(hopper_jpeg)})
    work()
    waiting = replacing.proposed(person)
    assert waiting is not None
    desk.post(reverse("replace_face", args=[person.pk]), {"photo": waiting.pk, "verdict": "keep"})
    assert states_of(desk, "Mei Lin") == ["Ready"] * 4


def test_a_look_alike_shows_both_and_two_buttons(desk: Client, astronaut_jpeg: bytes) -> None:
    add(desk, photo=photo(astronaut_jpeg))
    work()
    add(desk, employee_number="0018", name="Another", photo=photo(astronaut_jpeg))
    work()
    second = Person.objects.get(name="Another")
    page = desk.get(reverse("person", args=[second.pk])).text
    assert "already enrolled as" in page
    assert "same_person" in page
    assert "different_people" in page
    assert desk.get(reverse("people"), {"shown": "attention"}).context["page"].paginator.count == 1
    desk.post(reverse("resolve_look_alike", args=[second.pk]), {"verdict": "different_people"})
    assert "already enrolled as" not in desk.get(reverse("person", args=[second.pk])).text


def states_of(desk: Client, name: str) -> list[str]:
    """Return the state of somebody's photo: on the page, in the live part, in the list, and in its file."""
    person = Person.objects.get(name=name)
    pages = [desk.get(reverse(page, args=[person.pk])).text for page in ("person", "person_status")]
    found = [re.findall(r'enrolled-state"><span class="state[^>]*>.*?</svg>([^<]+)</span>', page)[0] for page in pages]
    [row] = [row for row in desk.get(reverse("people")).context["rows"] if row["person"] == person]
    lines = b"".join(desk.get(reverse("people"), {"format": "csv"})).decode("utf-8-sig").splitlines()
    [line] = [line for line in lines if name in line]
    return [*found, row["state"].text, line.split(",")[3]]


def test_both_look_alikes_have_one_honest_state_everywhere(desk: Client, astronaut_jpeg: bytes) -> None:
    add(desk, photo=photo(astronaut_jpeg))
    work()
    assert states_of(desk, "Mei Lin") == ["Ready"] * 4
    add(desk, employee_number="0018", name="Another", photo=photo(astronaut_jpeg))
    work()
    for name in ("Mei Lin", "Another"):
        assert states_of(desk, name) == ["Waits for a decision"] * 4
        page = desk.get(reverse("person", args=[Person.objects.get(name=name).pk])).text
        assert "Recognized at every door" not in page
        assert page.count("different_people") == 1
    desk.post(reverse("deactivate", args=[Person.objects.get(name="Mei Lin").pk]))
    assert states_of(desk, "Another") == ["Waits for a decision"] * 4  # else this face opened the door as "Another"
    desk.post(reverse("reactivate", args=[Person.objects.get(name="Mei Lin").pk]))
    assert states_of(desk, "Another") == ["Waits for a decision"] * 4
    second = Person.objects.get(name="Another")
    desk.post(reverse("resolve_look_alike", args=[second.pk]), {"verdict": "different_people"})
    assert states_of(desk, "Mei Lin") == states_of(desk, "Another") == ["Ready"] * 4


def test_a_photo_with_several_faces_asks_this_one(desk: Client, hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    both = portraits.on_wall(image.decode(hopper_jpeg), image.decode(astronaut_jpeg))
    add(desk, photo=photo(pictures.written(both, "JPEG", quality=95)))
    work()
    person = Person.objects.get()
    assert states_of(desk, "Mei Lin") == ["Waits for a decision"] * 4
    page = desk.get(reverse("person", args=[person.pk])).text
    assert "Which one is Mei Lin?" in page
    assert page.count("choose-ground") == page.count('name="place"') == 2
    assert "Refused" not in page
    [_, second] = re.findall(r'name="place" value="([^"]+)"', page)
    reference = ReferenceImage.objects.get()
    address = reverse("choose_face", args=[person.pk])
    assert "no face to choose" in desk.post(address, {"photo": "0", "place": second}, follow=True).text
    assert "no place in the picture" in desk.post(address, {"photo": reference.pk, "place": "x"}, follow=True).text
    assert "In work" in desk.post(address, {"photo": reference.pk, "place": second}, follow=True).text
    work()
    assert states_of(desk, "Mei Lin") == ["Ready"] * 4
    assert identify.identify([astronaut_jpeg]).person == person


def test_looking_before_sending_finds_the_face(desk: Client, astronaut_jpeg: bytes) -> None:
    seen = desk.post(reverse("enrol_look"), {"frame": photo(astronaut_jpeg)}).json()
    [face] = seen["faces"]
    assert 0.3 < face["left"] < 0.5
    assert desk.post(reverse("enrol_look"), {"frame": photo(b"x")}).json()["faces"] == []
    assert "not a picture" in desk.post(reverse("enrol_look")).json()["advice"]


def test_actions_ask_their_rules(desk: Client, stranger: User) -> None:
    add(desk)
    person = Person.objects.get()

    def post(page: str, **fields: str) -> str:
        return desk.post(reverse(page, args=[person.pk]), fields, follow=True).text

    assert "Deactivated on" in post("deactivate")
    assert "Deactivated on" not in post("reactivate")
    assert "guessed at once" in post("set_pin", pin="1234")
    assert "The PIN was set." in post("set_pin", pin="4711")
    assert "taken away" in post("set_pin", remove="1")
    assert "no open account" in post("link_account", username="nobody")
    assert "Signs in as" in post("link_account", username="sam")
    assert "Saved." in post("change_person", employee_number="0099", name="Mei Li", department="")
    person.refresh_from_db()
    assert (person.employee_number, person.name, person.department) == ("0099", "Mei Li", None)
    assert desk.get(reverse("delete_person", args=[person.pk])).status_code == 200
    assert "was deleted" in post("delete_person")
    person.refresh_from_db()
    assert (person.name, person.erased_at is None) == ("", False)
    assert "Deleted person" in desk.get(reverse("person", args=[person.pk])).text


def test_the_five_checks_say_which_one_failed() -> None:
    row = ReferenceEmbedding(status="refused", code="too_dark")
    assert [check.name for check in enrolled.checks(row) if check.passed is Passed.NO] == ["Light"]
    assert not any(check.passed is Passed.YES for check in enrolled.checks(row))


def test_a_clerk_reads_people_and_changes_nobody(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    person = factories.person(created_at=NOON)
    page = client.get(reverse("person", args=[person.pk])).text
    assert "Deactivate" not in page
    assert client.post(reverse("deactivate", args=[person.pk])).status_code == 403
