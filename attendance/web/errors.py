"""The words for every code: what happened, and what the person can do about it.

Rules raise `Refusal(code, facts)` and store codes; the words are chosen here and nowhere else. A test compares
the table with every code that can be raised, in both directions. Keep each text short: it is read at a door.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.forms import BaseForm

from attendance.backups import words as backups
from attendance.core.errors import Fact, MusterError
from attendance.web import written_facts
from attendance.web.merge_words import MERGES
from attendance.web.words import CORRECTIONS, ENCODERS, PHOTOS, Words

UNKNOWN = Words("Something did not work.", "Try again; if it stays, tell your administrator the word “{code}”.")

WORDS: dict[str, Words] = {
    **PHOTOS,
    **CORRECTIONS,
    **ENCODERS,
    **MERGES,
    **{code: Words(*texts) for code, texts in backups.WORDS.items()},
    # the picture
    "invalid_image": Words(
        "This is not a picture we can read.",
        "Send a JPEG, PNG, WebP or HEIC photo. If it opens on your device, save it again as JPEG and send that.",
    ),
    "image_too_large": Words(
        "This picture is too large.", "Send one of at most 25 MB and 60 megapixels; a phone's usual photo will do."
    ),
    "face_not_found": Words(
        "No face was found.", "Take the photo from the front, with the whole face in view and light on it."
    ),
    "multiple_faces": Words(
        "There is more than one face.",
        "There are {faces} faces in the picture. Use a photo of this person alone, or cut the others off.",
        plain="Use a photo of this person alone, or cut the others off.",
    ),
    "frames_differ": Words("The pictures show two people.", "Look at the camera again, one at a time."),
    "face_too_small": Words(
        "The face is too small.",
        "It is {size_pixels} pixels wide and needs {limit_pixels}. Come closer, or use a larger photo.",
        plain="Come closer, or use a larger photo.",
    ),
    "face_cut_off": Words(
        "Part of the face is cut off.", "Keep the whole face inside the picture, chin and forehead too."
    ),
    "extreme_pose": Words("The face is turned away.", "Look straight into the camera."),
    "too_blurred": Words("The face is blurred.", "Hold still, wipe the lens, and take the photo again."),
    "too_dark": Words("There is too little light on the face.", "Turn towards the light, or switch one on in front."),
    "too_bright": Words("The light on the face is too strong.", "Step out of the glare and take the photo again."),
    # the person
    "no_picture": Words("No picture arrived.", "Choose a photo and try again."),
    "no_own_record": Words(
        "Your account is not linked to anybody on the list.", "Whoever looks after the list of people can link it."
    ),
    "number_not_in_question": Words("That number does not fit this face.", "Try again, or use your number and PIN."),
    "guest_gives_number": Words(
        "Too many other people are enrolled to find a guest by the face alone.",
        "A guest gives the employee number at this door.",
    ),
    "pin_needed": Words("The PIN is needed too: somebody looks like this person.", "Type number and PIN."),
    "look_alike_without_pin": Words(
        "Look at this: somebody looks like this person, who has no PIN, so the number alone was taken.",
        "Compare the faces, and give the person a PIN.",
    ),
    "look_alike_pair": Words(
        "This person has a look-alike, so the face alone was not enough.", "Number and PIN say who it is."
    ),
    "wrong_pin": Words("Number and PIN do not belong together.", "Try again, or ask at the desk."),
    "pin_wait": Words("Too many tries.", "Wait {wait} and try again, or ask at the desk.", plain="Wait and try again."),
    "doubt_over": Words("That took too long.", "Look at the camera again."),
    # taking back
    "undo_invalid": Words("This cannot be taken back here.", "Do it at the door that recorded it."),
    "undo_expired": Words("It is too late to take this back here.", "Ask at the desk for a correction."),
    "undo_used": Words("This was taken back already.", "Ask at the desk if it is still wrong."),
    # doors
    "device_not_paired": Words("This screen is not a door any more.", "An administrator can pair it again."),
    "device_name_missing": Words("The door has no name.", "Give it one, for example “Main entrance”."),
    "device_name_taken": Words("There is a door of that name already.", "Choose another name."),
    "door_group_name_missing": Words("The group has no name.", "Give it one, for example “Laboratory”."),
    "door_group_name_taken": Words("There is a door group of that name already.", "Choose another name."),
    "door_place_unknown": Words("There is no such site or door group any more.", "Choose from the list again."),
    "door_group_in_use": Words("A door searches this group.", "Let the door search somebody else first."),
    "pairing_code_wrong": Words(
        "This code does not work.", "It lives 10 minutes and 5 tries; make a new one under Doors."
    ),
    "sign_in_wait": Words(
        "Too many tries.",
        "Wait {wait} and try again; an administrator can give you a link that lets you in.",
        plain="Wait a while and try again.",
    ),
    "sign_in_link_over": Words("This link is over, or was used.", "Sign in, or ask your administrator for a new one."),
    "rights_beyond_own": Words(
        "This account may do more than yours.", "Somebody with the same rights can give it a link."
    ),
    "pairing_wait": Words(
        "Too many wrong codes from here.", "Wait {wait} and try again.", plain="Wait a while and try again."
    ),
    # faults of Muster itself
    "file_unreadable": Words("The file cannot be read.", "Check its name and that you may read it."),
    "photo_unreadable": Words(
        "The disk did not give the photo back.", "It is tried again by itself; your administrator can look at the disk."
    ),
    "model_missing": Words(
        "A model file is missing.",
        "Your administrator can bring it back with “make install”; nothing you sent is lost.",
    ),
    "model_wrong": Words(
        "A model file is not the one that was installed.",
        "Your administrator can repair it with “make install”; nothing you sent is lost.",
    ),
    "invalid_embedding": Words(
        "The picture could not be turned into numbers.",
        "Try another photo, and tell your administrator about this one.",
    ),
    "encoder_mismatch": Words(
        "Pictures of two different encoders were about to be compared.",
        "Tell your administrator; nothing was recorded.",
    ),
    "snapshot_invalid": Words(
        "A saved copy of the gallery is damaged.", "It is rebuilt by itself from the database; try again in a moment."
    ),
    "cannot_record": Words(
        "This cannot be recorded now: the disk of the server is full.",
        "Tell whoever looks after Muster, and write down the time.",
    ),
    "recorded_in_a_moment": Words(
        "This could not be recorded just now.", "Nothing is lost: send it again in a moment; a door does so by itself."
    ),
    "storage_full": Words(
        "The disk of the server is full.", "Nothing was changed. Tell your administrator, and try again afterwards."
    ),
    "storage_failed": Words(
        "The server cannot write to its disk.", "Nothing was changed. Tell your administrator; its log says why."
    ),
    "calibration_missing": Words(
        "The encoder has no calibration, so no distance means anything yet.",
        "Your administrator can fit one with “python -m verifier calibrate”.",
    ),
    "processing_failed": Words(
        "This photo could not be worked through.", "Save it again as JPEG, or use another photo; the worker gave it up."
    ),
    # what is known of a person
    "name_missing": Words("The name is missing.", "Type one; any script will do."),
    "name_too_long": Words("The name is too long.", "Use at most {limit} characters.", plain="Shorten it."),
    "name_invalid": Words(
        "The name holds characters that cannot be kept.", "Type it again without control characters."
    ),
    "employee_number_missing": Words("The employee number is missing.", "Type one; letters and digits will do."),
    "employee_number_too_long": Words(
        "The employee number is too long.", "Use at most {limit} characters.", plain="Shorten it."
    ),
    "employee_number_invalid": Words(
        "The employee number holds characters that cannot be kept.", "Type it again without control characters."
    ),
    "department_too_long": Words(
        "The department's name is too long.", "Use at most {limit} characters.", plain="Shorten it."
    ),
    "department_invalid": Words(
        "The department's name holds characters that cannot be kept.", "Type it again without control characters."
    ),
    "duplicate_employee_number": Words(
        "This employee number belongs to somebody else.", "Look them up by the number, or type another one."
    ),
    "name_differs": Words(
        "Another name is known for this number.", "Check both; if it is the same person, change the name on their page."
    ),
    "person_erased": Words("This person was deleted.", "Add them again as a new person if they came back."),
    "person_inactive": Words("This person is deactivated.", "Ask at the desk; there they can be reactivated."),
    "not_enrolled": Words("There is no photo of this person yet.", "Ask at the desk to be enrolled with one."),
    "pin_invalid": Words(
        "This PIN will not do.",
        "Use {fewest_digits} to {most_digits} digits.",
        plain="Use digits only, as many as asked.",
    ),
    "pin_too_simple": Words("This PIN is guessed at once.", "Avoid one digit repeated and plain counts such as 1234."),
    "account_not_found": Words(
        "There is no open account of this name.", "Check the user name; accounts are made under Administration."
    ),
    "account_taken": Words("This account belongs to somebody else already.", "Take it from them first."),
    "no_look_alike": Words("There is nothing to decide any more.", "Load the page again; the photo has changed."),
    "look_alike": Words(
        "This face is already enrolled under another person.", "Open the person and look at both photos."
    ),
    "verdict_invalid": Words("That answer is not known.", "Choose same person or different people."),
    # work days
    "time_did_not_exist": Words("That time did not exist.", "The clocks were put forward over it; choose another one."),
    "time_happened_twice": Words(
        "That time came twice.", "The clocks were put back; say whether the first or second is meant."
    ),
    "in_the_future": Words("That time has not come yet.", "Ask for times that have passed."),
    "not_employed": Words("That day lies outside of the employment.", "Check the date."),
    "already_asked": Words(
        "This is asked for already, and waits for a decision.", "Wait for it, or leave out the time that was asked for."
    ),
    "already_approved": Words(
        "Another request brought the same time already.", "It counts once; reject this one, and say that it came twice."
    ),
    "counts_no_more": Words(
        "This does not count any more.", "It was taken back meanwhile; nothing was changed by this."
    ),
    "counts_already": Words("This counts already.", "It was entered again meanwhile; nothing was changed by this."),
    "cancelling_waits": Words("A request to cancel this waits already.", "Decide about it under Requests first."),
    "leave_not_shorter": Words(
        "That is not a part of the leave.", "Choose days inside it, fewer than they are or with less of a day."
    ),
    "nothing_asked": Words("Nothing was asked for.", "Give at least one time, or a recorded one that is not to count."),
    "not_recorded": Words(
        "This time is not recorded on that day.",
        "No check-in is at {time}; write it as the day shows it.",
        plain="Write the time as the day shows it.",
    ),
    "reason_missing": Words("The reason is missing.", "Write one sentence; it is read by whoever looks back."),
    "another_person": Words("That check-in belongs to somebody else.", "Choose one of this person's."),
    "already_decided": Words("This was decided already.", "Nothing was changed by this click."),
    "nothing_forgotten": Words("No out is missing.", "Nothing to do."),
    "time_unreadable": Words("This is not a time.", "Write hour and minute, as 17:30."),
    "question_over": Words("This question is over.", "You are asked again at your next check-in."),
    "left_too_late": Words(
        "Nobody stays that long.", "Check the hour: it must lie within 16 hours of the in, and not in the future."
    ),
    "not_your_department": Words("This person is not in your departments.", "Ask HR."),
    "day_closed": Words(
        "This day lies in a closed month or before one, which keeps the plan that it was closed with.",
        "The first open day is {first_open}; choose it or a later one.",
        plain="Choose a day that is not closed.",
    ),
    "holiday_known": Words(
        "This day is in the calendar already.", "Remove it first if it has another name or is half a day."
    ),
    "already_assigned": Words(
        "This shift is assigned there already on some of these days.",
        "End or take back that assignment first, or choose other days.",
    ),
    "week_closed": Words("The week of this day began in a closed month.", "Choose {first_whole} or a later day."),
    "month_closed": Words("This month is closed.", "Later facts count as adjustments of the next month."),
    "month_open": Words("This month is not closed yet.", "Payroll is made from a closed month; close it first."),
    "payroll_column_unknown": Words(
        "The payroll template names a column that is not known.",
        "Correct “{column}” in the template.",
        plain="Correct the template.",
    ),
    "payroll_columns_missing": Words("The file would have no column.", "Give at least one column a place."),
    "payroll_template_gone": Words("This template is not there any more.", "Choose another one."),
    "template_invalid": Words("The template cannot be saved.", "Check the field “{field}”.", plain="Check its fields."),
    "nothing_to_approve": Words("Nothing waits for an approval here.", "It was approved or changed meanwhile."),
    "overtime_is_other": Words("The overtime is other than it was when you looked.", "Look again."),
    "site_invalid": Words("The site cannot be saved.", "Check the field “{field}”.", plain="Check its fields."),
    "site_in_use": Words(
        "Somebody is employed at this site, or a door searches its people.",
        "Choose another site for them under Employment and managers, and for the door under Doors.",
    ),
    "open_points": Words(
        "Something is still open in this month.",
        "Mend the {points} points of the list, or close with them.",
        plain="Mend what the list shows, or close with it.",
    ),
    "open_points_changed": Words(
        "The list of open points has changed since you saw it.",
        "Look at the {points} points of the list as it is now, and close again.",
        plain="Look at the list as it is now, and close again.",
    ),
    "before_records": Words("Records begin later.", "Months before the one where they begin are never closed."),
    "records_begun": Words("A month is closed already.", "Where records begin is fixed from the first closing on."),
    "closing_underway": Words(
        "Somebody is closing this month.", "Wait a minute and look again; nothing was changed by this click."
    ),
    "plan_changed": Words(
        "Plan or rules were changed while the month was being closed.", "Look at the month again, and close it anew."
    ),
    "plan_changed_since_seen": Words(
        "Plan or rules were changed since you looked at this month.",
        "The change holds for {month}, from {since} on. Look at the figures once more, and close again.",
        plain="Look at the figures once more, and close again.",
    ),
    "not_allowed": Words("You may not do this.", "Ask an administrator who also plans attendance."),
    "not_newest_month": Words(
        "Only the newest closed month can be reopened.",
        "That is {month}; reopen it first, or write an adjustment.",
        plain="Reopen the newer ones first, or write an adjustment.",
    ),
    "already_in_a_file": Words(
        "This entry stands in a payroll file already.", "Enter the opposite amount with a reason; the file stays."
    ),
    "nothing_entered": Words("The amount is nothing.", "Write by how much the month changes, as 1:30 or -0.5."),
    "entry_implausible": Words(
        "This is more than the month can hold, alone or with what was entered for it before.",
        "It has {days} days, and {hours} hours. Write less, or look at the entries that are there.",
        plain="Write less, or look at the entries that are there.",
    ),
    "quantity_unknown": Words("This quantity cannot be entered.", "Choose one of the list."),
    "month_not_over": Words("This month is not over.", "Close it when its last shift has ended."),
    "earlier_month_open": Words(
        "A month before is still open.",
        "Months are closed in order; {month} comes next.",
        plain="Months are closed in order.",
    ),
    "shift_invalid": Words("The shift cannot be saved.", "Check {field}: {reason}.", plain="Check its fields."),
    "rules_invalid": Words(
        "The rules cannot be saved.", "They say: {reason}.", plain="Check them against the reference page."
    ),
    "example_fails": Words(
        "An example beside a shift does not hold any more.",
        "Change the setting, or the example: {difference}.",
        plain="Change the setting or the example.",
    ),
    "code_invalid": Words(
        "The codes cannot be saved.",
        "Check the field “{field}” of {status}; a paid share lies between 0 and 1.",
        plain="Check the fields; a paid share lies between 0 and 1.",
    ),
    "number_unknown": Words("Nobody has this employee number.", "Check it, or add the person first."),
    "line_twice": Words("The number occurs twice.", "Keep one line for each person; the first one counts."),
    "day_unreadable": Words(
        "This is no day in the form that was chosen.", "Choose the form in which the file has them."
    ),
    "first_day_missing": Words("The first day is missing.", "Give one; it cannot be taken away by an empty field."),
    "site_unknown": Words("No site has this name.", "Leave it empty for the main one, or write it as under Sites."),
    "no_list_chosen": Words("No file was chosen.", "Choose a CSV, or take the list of everybody first."),
    "table_without_days": Words("There is no line in this file.", "Choose another one."),
    "table_too_large": Words(
        "The file is too large.", "Send at most {limit_kilobytes} kB at a time.", plain="Send it in parts."
    ),
    "period_invalid": Words("The last day lies before the first.", "Check both dates."),
    "person_or_department": Words("A shift is assigned to a person or to a department.", "Choose one of the two."),
    "hours_missing": Words("The hours are missing.", "Give both times."),
    "leave_overlaps": Words("There is leave on one of these days already.", "Check the dates."),
    "country_unknown": Words(
        "No list of holidays is known for this country.", "Choose another one, or load an iCal file."
    ),
    "feed_invalid": Words("This is not an iCal file.", "Choose a file that ends in .ics."),
    "feed_too_large": Words("This iCal file is too large.", "Choose one with holidays only."),
    "feed_empty": Words("There is no day in this iCal file.", "Choose another one."),
    # settings
    "site_setting_invalid": Words(
        "One of the settings will not do.", "Check the field “{field}”.", plain="Check the fields."
    ),
    "target_false_accept_invalid": Words("This number of tries is not possible.", "Choose one from 10 to 1,000,000."),
    "no_frames": Words("No picture arrived.", "Look at the camera and try again."),
}


HINTS: dict[str, str] = {
    "closer": "Come closer.",
    "further": "Go back a little.",
    "one_at_a_time": "One at a time.",
    "look_straight": "Look straight into the camera.",
    "more_light": "More light from the front would help.",
    "hold_still": "Hold still.",
}
"""Hints under the live picture, one at a time."""


def hint(code: str) -> str:
    """Return the words of a hint."""
    return HINTS.get(code, "")


def words(code: str) -> Words:
    """Return the words for a code."""
    return WORDS.get(code, UNKNOWN)


def what(code: str) -> str:
    """Return what happened, in a few words."""
    return words(code).what


def advice(code: str, facts: Mapping[str, Fact] | None = None) -> str:
    """Return what to do, with the facts filled in as people write them."""
    chosen = words(code)
    written = {name: written_facts.written(value) for name, value in (facts or {}).items()} | {"code": code}
    if "wait_seconds" in (facts or {}):
        written["wait"] = written_facts.wait(float(str((facts or {})["wait_seconds"])))
    try:
        return chosen.advice.format_map(written)
    except KeyError:
        return chosen.plain or UNKNOWN.advice.format(code=code)


def sentence(code: str, facts: Mapping[str, Fact] | None = None) -> str:
    """Return both: what happened, and what to do."""
    return f"{what(code)} {advice(code, facts)}"


def explain(error: MusterError) -> str:
    """Return the sentence for an error that a rule raised."""
    return sentence(error.code, error.facts)


def first_problem(form: BaseForm) -> str:
    """Return what is wrong with the first field of a form that is not shown again."""
    name, problems = next(iter(form.errors.items()))
    text = " ".join(str(each) for each in problems)
    return f"{form[name].label}: {text}" if name in form.fields else text
