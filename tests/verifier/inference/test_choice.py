"""Choice of a runtime: the fastest is noted once, and what does not run is left out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from verifier import errors
from verifier.inference import choice


def candidates(opened: list[str], *, broken: tuple[str, ...] = ()) -> dict[str, Callable[[], str]]:
    def maker(label: str) -> Callable[[], str]:
        def opens() -> str:
            if label in broken:
                raise errors.ModelWrong(file=label, expected="a network", found="")
            opened.append(label)
            return label

        return opens

    return {label: maker(label) for label in ("slow", "quick")}


def trial(opened: str) -> None:
    work(0.02 if opened == "slow" else 0.001)


def work(seconds: float) -> None:
    """Use a processor for so long."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_the_fastest_is_opened_and_noted_for_the_next_start(tmp_path: Path) -> None:
    notes = tmp_path / "compiled" / "fastest.json"
    opened: list[str] = []
    chosen = choice.fastest(candidates(opened), trial=trial, name="x", notes=notes)
    assert chosen.opened == "quick"
    assert 1 <= chosen.milliseconds < 20
    assert opened == ["slow", "quick"]
    assert choice.fastest(candidates(opened), trial=trial, name="x", notes=notes).opened == "quick"
    assert opened == ["slow", "quick", "quick"], "the second start opens the noted one alone"
    choice.fastest(candidates(opened), trial=trial, name="y", notes=notes)
    assert opened[3:] == ["slow", "quick"], "another network has a note of its own"


def test_one_that_does_not_run_is_left_out_even_if_noted(tmp_path: Path) -> None:
    notes = tmp_path / "fastest.json"
    opened: list[str] = []
    choice.fastest(candidates(opened), trial=trial, name="x", notes=notes)
    assert choice.fastest(candidates(opened, broken=("quick",)), trial=trial, name="x", notes=notes).opened == "slow"
    with pytest.raises(errors.ModelWrong):
        choice.fastest(candidates(opened, broken=("quick", "slow")), trial=trial, name="x", notes=notes)


def test_waiting_for_a_busy_machine_counts_for_nothing(tmp_path: Path) -> None:
    def interrupted(opened: str) -> None:
        time.sleep(0.03 if opened == "quick" else 0)
        trial(opened)

    assert choice.fastest(candidates([]), trial=interrupted, name="x", notes=tmp_path / "notes.json").opened == "quick"


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_damaged_notes_are_measured_again(tmp_path: Path, text: str) -> None:
    notes = tmp_path / "fastest.json"
    notes.write_text(text)
    assert choice.fastest(candidates([]), trial=trial, name="x", notes=notes).opened == "quick"
    assert "quick" in notes.read_text()


def test_where_nothing_can_be_written_it_is_measured_each_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    opened: list[str] = []
    for _ in range(2):
        choice.fastest(candidates(opened), trial=trial, name="x", notes=tmp_path / "file" / "fastest.json")
    assert opened == ["slow", "quick"] * 2
