"""The list of people with the state of their photos, one row a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from attendance.enrolment.models import SEVERAL_FACES
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import in_use, lookalikes, pairs
from attendance.recognition.models import ReferenceEmbedding
from attendance.reports import faces_to_renew, records
from attendance.reports.table import Cell, Column, Kind, Link, State, Table, Tone

ORDERS = {
    "name": ("name", "pk"),
    "number": ("employee_number", "pk"),
    "department": ("department__name", "name", "pk"),
    "added": ("created_at", "pk"),
}
SHOWN = (
    ("", "Active"),
    ("attention", "Needs a decision"),
    ("pending", "Photo in work"),
    ("without", "Without photo"),
    ("look_alikes", "Look-alikes"),
    ("renew", "Photo to renew"),
    ("deactivated", "Deactivated"),
    ("all", "All"),
)
"""Which people a list shows: value in the address -> words."""

RENEW = "renew"
"""In place of the others: active people whose photo serves them badly."""

READY = State("Ready", Tone.GOOD, "check")
PENDING = State("In work", Tone.PLAIN, "clock")
REFUSED = State("Photo refused", Tone.BAD, "alert")
UNDECIDED = State("Waits for a decision", Tone.WARN, "question")
"""The photo looks like somebody else's, or another one waits to replace it; somebody has to say what is right."""
WITHOUT = State("No photo", Tone.WARN, "face")
DEACTIVATED = State("Deactivated", Tone.PLAIN, "cross")


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's photo stands; `code` says why it was refused."""

    state: State
    code: str = ""


def _current() -> QuerySet[ReferenceEmbedding]:
    """Return what the newest encoder made of the present photo of the outer person."""
    of_person = ReferenceEmbedding.objects.filter(
        reference__person=OuterRef("pk"), reference__withdrawn_at=None, reference__proposed_at=None
    )
    return of_person.order_by(*in_use.first())


def _proposed() -> QuerySet[ReferenceEmbedding]:
    """Return what was made of a photo that waits for somebody's word to replace the present one of the outer person."""
    waiting = ReferenceEmbedding.objects.filter(
        reference__person=OuterRef("pk"), reference__withdrawn_at=None, reference__proposed_at__isnull=False
    )
    return waiting.exclude(status=ReferenceEmbedding.Status.PENDING).order_by(*in_use.first())


def people(*, chosen: QuerySet[Person] | None = None, shown: str = "", sort: str = "name") -> QuerySet[Person]:
    """Return the people with `photo_status`, `photo_code`, `photo_id`, `unsure`, `resembled`, `proposed`, to be paged.

    A pair of look-alikes that waits for a decision is one thing to decide: the newer of the two is `unsure`, the other
    `resembled`.
    """
    found = Person.objects.filter(erased_at=None)
    if chosen is not None:
        found = found.filter(pk__in=chosen)
    newest = _current()
    photo = ReferenceImage.objects.present().filter(person=OuterRef("pk"))
    found = found.annotate(
        photo_id=Subquery(photo.values("pk")[:1]),
        photo_status=Subquery(newest.values("status")[:1]),
        photo_code=Subquery(newest.values("code")[:1]),
        unsure=Exists(lookalikes.undecided().filter(reference__person=OuterRef("pk"))),
        proposed=Exists(_proposed()),
        proposed_code=Subquery(_proposed().values("code")[:1]),
        resembled=Exists(lookalikes.undecided().filter(look_alike__person=OuterRef("pk"))),
    )
    found = _narrowed(found, shown)
    return found.select_related("department").order_by(*records.order(sort, ORDERS, otherwise="name"))


def _narrowed(found: QuerySet[Person], shown: str) -> QuerySet[Person]:
    if shown == "all":
        return found
    if shown == "deactivated":
        return found.exclude(deactivated_at=None)
    found = found.filter(deactivated_at=None)
    if shown == RENEW:
        return found.filter(pk__in=faces_to_renew.find())
    narrow = {
        "attention": Q(photo_status="refused") | Q(unsure=True) | Q(proposed=True),
        "pending": Q(photo_status="pending"),
        "without": Q(photo_id=None),
        "look_alikes": Q(pk__in=pairs.known().values("first")) | Q(pk__in=pairs.known().values("second")),
    }
    return found.filter(narrow[shown]) if shown in narrow else found


def standing(person: Person) -> Standing:
    """Return how the photo of a person out of `people` stands."""
    if person.deactivated_at is not None:
        return Standing(DEACTIVATED)
    if waits_for := _question(person):
        return Standing(UNDECIDED, code=waits_for)
    status = getattr(person, "photo_status", None)
    if status == "refused":
        return Standing(REFUSED, code=getattr(person, "photo_code", "") or "")
    if status == "ready":
        return Standing(READY)
    return Standing(PENDING if getattr(person, "photo_id", None) else WITHOUT)


def _question(person: Person) -> str:
    """Return the code of what somebody has to decide; empty where nothing waits."""
    if getattr(person, "proposed", False):
        return getattr(person, "proposed_code", "") or ""
    if getattr(person, "photo_code", "") == SEVERAL_FACES:
        return SEVERAL_FACES
    return "look_alike" if getattr(person, "unsure", False) or getattr(person, "resembled", False) else ""


def needing_decision() -> int:
    """Count the photos that a person has to look at: refused ones and look-alikes."""
    return people(shown="attention").count()


def table(people: Iterable[Person], *, zone: ZoneInfo) -> Table:
    """Return people as a table."""
    columns = (
        Column("Name", sort="name"),
        Column("Number", sort="number"),
        Column("Department", sort="department"),
        Column("Photo"),
        Column("Added", Kind.MOMENT, sort="added"),
    )
    return Table(title="People", columns=columns, rows=(_row(person) for person in people), zone=zone)


def _row(person: Person) -> tuple[Cell, ...]:
    return (
        Link(person.name, "person", person.pk),
        person.employee_number or "",
        person.department.name if person.department else "",
        standing(person).state,
        person.created_at,
    )
