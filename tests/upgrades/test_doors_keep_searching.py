"""After the upgrade every door searches everybody as before, and each person names the site of today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.upgrades import state_folder

pytestmark = pytest.mark.slow

ASK = """
import json
from attendance.checkins import door_areas
from attendance.checkins.models import Device
from attendance.people.models import Person
from attendance.recognition.areas import EVERYBODY
from attendance.recognition.models import GalleryChange
from attendance.workdays.models import Employment
print(json.dumps({
    "doors": [door_areas.find_area(device) == EVERYBODY for device in Device.objects.all()],
    "employed": list(Employment.objects.order_by("person").values_list("person", "site")),
    "people": list(Person.objects.filter(employment__isnull=False).order_by("pk").values_list("pk", "site")),
    "elsewhere": Person.objects.filter(employment__isnull=True).exclude(site=None).count(),
    "lines": sorted(set(GalleryChange.objects.values_list("operation", flat=True))),
}))
"""


def test_every_door_searches_everybody_and_people_are_where_they_work(tmp_path: Path) -> None:
    folder = state_folder.brought_up_to_date(tmp_path)
    found = json.loads(state_folder.run("manage.py", "shell", "--no-imports", "-c", ASK, folder=folder))
    assert found["doors"]
    assert all(found["doors"])
    assert found["people"] == found["employed"]
    assert any(site for _, site in found["people"])
    assert (found["elsewhere"], "doors" in found["lines"]) == (0, False)
