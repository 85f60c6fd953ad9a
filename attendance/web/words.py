"""The form of the words for a code, and those about photos, files of an import, and the choice of an encoder.

`errors` joins them with all others.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """`what` happened, in a few words; `advice`: what the person can do, with `{facts}` where they help.

    `plain`: the advice without facts, for when one of them is missing.
    """

    what: str
    advice: str
    plain: str = ""


PHOTOS: dict[str, Words] = {
    "no_file_chosen": Words("No file was chosen.", "Choose a ZIP, or photos with or without a CSV."),
    "import_empty": Words(
        "There is no photo in it.", "Check that the photos lie in the ZIP itself, as described here."
    ),
    "import_folder_missing": Words("The files are not there any more.", "Upload them again."),
    "import_not_startable": Words("This import cannot be started.", "Load the page again; it may be done already."),
    "duplicate_in_import": Words(
        "The number occurs twice.", "Keep one file per person; the first one was taken, this one was not."
    ),
    "further_photo": Words("One photo per person is enough.", "Nothing to do: the first of the folder was taken."),
    "not_a_picture": Words("This is not a picture.", "Nothing to do, unless it should have been one."),
    "not_in_table": Words("No line of the CSV names this file.", "Add a line for it if it should be enrolled."),
    "no_photo": Words("The line names no photo.", "The person was added; a photo can follow on their page."),
    "photo_not_found": Words("The photo that the line names is not there.", "Check its name in the CSV."),
    "photo_missing": Words("The file of this photo is gone.", "Send the photo again."),
    "enrolled_twice": Words(
        "This person is enrolled under another number already.", "Nothing to do: the photo of before counts."
    ),
    "nothing_to_choose": Words("There is no face to choose any more.", "Load the page again."),
    "place_invalid": Words("This is no place in the picture.", "Choose one of the outlined faces."),
    "another_face": Words(
        "The new photo shows another face than the present one.",
        "Say on the person's page whether it is the same person; until then the present photo counts.",
    ),
    "old_photo_kept": Words("Another face was shown; the photo of before was kept.", "Nothing to do."),
    "nothing_proposed": Words("No photo waits to replace the present one.", "Load the page again."),
    "nothing_to_restore": Words("This photo cannot be brought back any more.", "Send it again as a new one."),
    "photo_replaced": Words("Another photo was sent meanwhile.", "Nothing to do: the newer one counts."),
    "unchanged": Words("Person and photo are here already, as they are.", "Nothing to do."),
    "spreadsheet": Words(
        "A spreadsheet cannot be read.", "Save it as CSV (UTF-8) in your spreadsheet program, and send that."
    ),
    "filename_invalid": Words("The file's name cannot be kept.", "Give it a shorter, plain name."),
    "outside_folder": Words("The file lies outside of the folder.", "Copy it into the folder."),
    "entry_damaged": Words("The file is damaged inside the ZIP.", "Pack the ZIP again."),
    "too_many_files": Words(
        "There are too many files.", "Send at most {limit} at a time.", plain="Send fewer at a time."
    ),
    "table_invalid": Words("The CSV cannot be read.", "Save it again from your spreadsheet as CSV (UTF-8)."),
    "table_without_number": Words(
        "The CSV has no column for the employee number.", "Name it employee_number in the first line."
    ),
    "zip_damaged": Words("The ZIP cannot be opened.", "Pack it again; it may have been cut off on the way."),
    "zip_too_large": Words("The ZIP is too large.", "Split it; one may have at most 2 GB."),
    "zip_too_many_entries": Words(
        "There are too many files in the ZIP.", "Split it; one may hold at most {limit}.", plain="Split it."
    ),
    "zip_bomb": Words("The ZIP grows too much when it is unpacked.", "Pack the photos alone, as they are."),
    "zip_encrypted": Words("The ZIP is protected by a password.", "Pack it without one."),
    "zip_entry_twice": Words("A name occurs twice in the ZIP.", "Pack it again with each file once."),
    "zip_link": Words("There is a link in the ZIP.", "Pack the files themselves."),
    "zip_method_unknown": Words("The ZIP is packed in an unusual way.", "Pack it again as a plain ZIP."),
    "zip_path_leaves_folder": Words("A path in the ZIP leads outside of it.", "Pack it again from inside the folder."),
}

ENCODERS: dict[str, Words] = {
    "encoder_unknown": Words(
        "This encoder is not on this machine.", "Add it with “python -m verifier add_encoder”, and try again."
    ),
    "encoder_in_use": Words("This encoder is in use already.", "Nothing to do: try another one beside it."),
    "encoder_not_calibrated": Words(
        "This encoder has no calibration, so no threshold would be true.",
        "Fit one with “python -m verifier calibrate”, and try again.",
    ),
    "encoder_not_tried": Words(
        "The photos have not been read by this encoder.", "Try it in the shadow first; that reads them."
    ),
    "encoder_not_ready": Words(
        "Not every photo has been read by this encoder.", "{missing} are left; try again when they are done."
    ),
    "encoder_loses_photos": Words(
        "People would no longer be recognized.",
        "{photos} photos that are recognized now are refused by this encoder; they would have to be taken anew.",
    ),
    "nothing_to_replay": Words(
        "This attempt cannot be decided again.", "Only looks whose picture is still kept, and that asked who it is."
    ),
}

CORRECTIONS: dict[str, Words] = {
    "already_recorded": Words("That time is recorded already.", "Nothing to do."),
    "overlap": Words(
        "That time lies inside a presence that is recorded, or runs into one.",
        "Name the recorded time that it replaces as one that is not to count, or choose a time outside.",
    ),
    "already_in": Words("An earlier in is still open.", "Ask for its out first, or name it as not to count."),
    "in_follows": Words(
        "An in is recorded after that time, and no out between the two.",
        "Name the recorded in as one that is not to count, or enter the out between the two as well.",
    ),
    "counts_on_no_day": Words(
        "That time would count on no day.",
        "The {direction} at {time} on {day} goes with no other time. Enter the time that it goes with as well, or "
        "check the day: after midnight it is the next day.",
        plain="Enter the time that it goes with as well, or check the day: after midnight it is the next day.",
    ),
    "entered_already": Words(
        "A time was entered for this before.",
        "The {direction} at {time} was entered by hand for the same stretch, and the two would stand side by side. "
        "Name {time} as one that is not to count; or enter in and out of a second stretch together.",
        plain="Name that one as not to count, or enter in and out of a second stretch together.",
    ),
}
"""Why a time that is asked for cannot stand beside those that are recorded."""
