"""The words about whose a check-in is: weak matches to look at, and two records of one person."""

from __future__ import annotations

from attendance.web.words import Words

MERGES: dict[str, Words] = {
    "no_weak_match": Words("There is nothing to look at any more.", "The check-in was taken back at the door."),
    "withdrawn_otherwise": Words(
        "A correction took this check-in away.", "Undo that correction in the month of the person."
    ),
    "person_merged": Words("This record was merged into another one.", "Take the two apart on the other's page first."),
    "same_record": Words("This is the same record.", "Choose the other one."),
    "merge_into_inactive": Words(
        "The record that is to stay is deactivated.",
        "Reactivate it first, or merge the other way round.",
    ),
    "merged_already": Words(
        "One of the two takes part in another merge.",
        "Take that one apart first, or merge into the record that stays.",
    ),
    "taken_apart": Words("These two were taken apart already.", "Nothing was changed by this click."),
    "merge_has_corrections": Words(
        "The other record has corrections on open days.",
        "Undo or reject them there ({days}), and enter them for the record that stays.",
    ),
    "merge_has_leave": Words(
        "The other record has leave on open days.",
        "Cancel or reject it there ({days}), and enter it for the record that stays.",
    ),
    "merge_has_overtime": Words(
        "Overtime of the other record was approved on open days.",
        "It is of {days}, and cannot move: merge after that month was closed.",
    ),
    "merge_has_shift": Words(
        "The other record has a shift of its own on open days.",
        "Take {shift} away from it, and give it to the record that stays.",
    ),
    "no_such_record": Words("No record has that number or name.", "Type its employee number."),
    "several_records": Words("Several records have that name.", "Type the employee number of the one that is meant."),
}
"""Code -> what happened, and what to do."""
