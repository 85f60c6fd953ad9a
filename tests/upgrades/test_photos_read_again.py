"""Photos enrolled before the face is looked at alone (November 2026) are read again by the worker after the update."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.upgrades import state_folder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_the_worker_reads_every_photo_of_before_again(tmp_path: Path) -> None:
    folder = state_folder.brought_up_to_date(tmp_path)
    found = json.loads(state_folder.run("-m", "tests.upgrades.photos_read_again", folder=folder))
    before, after = found["before"], found["after"]

    assert before["encoder"] != after["encoder"]  # vectors of the two are never compared
    assert before["door"] == {"answer": "unknown", "code": "gallery_empty", "person": None}
    assert (after["door"]["answer"], after["door"]["person"]) == ("matched", "O03")
    for rows in (before["rows"], after["rows"]):
        assert {number: (row["status"], row["code"]) for number, row in rows.items()} == {
            "O03": ("ready", ""),
            "W01": ("refused", "face_not_found"),
        }
    cosine = np.dot(*(np.array(each["rows"]["O03"]["vector"]) for each in (before, after)))
    assert 0.8 < cosine < 0.99999
