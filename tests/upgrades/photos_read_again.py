"""What the worker makes of the photos in a state folder, as JSON on standard output.

`MUSTER_VAR=folder python -m tests.upgrades.photos_read_again` does what the worker does at its start and every few
seconds, until nothing is pending.
"""

from __future__ import annotations

import json
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from attendance.enrolment import feeding, photos  # noqa: E402
from attendance.people.models import ReferenceImage  # noqa: E402
from attendance.recognition import engine, identify, vectors  # noqa: E402
from attendance.recognition.models import Encoder, ReferenceEmbedding  # noqa: E402


def work() -> None:
    """Feed and embed until nothing waits."""
    feeding.feed()
    while waiting := list(ReferenceEmbedding.objects.filter(status="pending").values_list("pk", flat=True)):
        for number in waiting:
            feeding.work(number)
        feeding.feed()


def rows(encoder: Encoder) -> dict[str, dict[str, Any]]:
    """Return the status, the code and the vector of every photo by its employee number."""
    found = ReferenceEmbedding.objects.filter(encoder=encoder).select_related("reference__person")
    return {
        row.reference.person.employee_number or "": {
            "status": row.status,
            "code": row.code,
            "vector": None if row.vector is None else vectors.unpack(bytes(row.vector)).tolist(),
        }
        for row in found
    }


def answer(employee_number: str) -> dict[str, Any]:
    """Return what a door says to the person's own photo."""
    reference = ReferenceImage.objects.get(person__employee_number=employee_number, withdrawn_at=None)
    found = identify.identify([photos.read(reference)])
    return {
        "answer": found.answer,
        "code": found.code,
        "person": found.person.employee_number if found.person else None,
    }


def main() -> None:
    """Print the photos before and after."""
    before = Encoder.objects.get()
    asked = answer("O03")
    work()
    now = engine.active_encoder()
    print(
        json.dumps(
            {
                "before": {"encoder": before.name, "rows": rows(before), "door": asked},
                "after": {"encoder": now.name, "rows": rows(now), "door": answer("O03")},
            }
        )
    )


if __name__ == "__main__":
    main()
