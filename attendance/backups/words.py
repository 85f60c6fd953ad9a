"""The words for what can hinder a backup or a restore: shown by the commands, and taken over by the pages."""

from __future__ import annotations

from attendance.core.errors import MusterError

WORDS: dict[str, tuple[str, str, str]] = {
    "backup_not_found": ("There is no backup.", "No manifest lies in {folder}.", "Name the folder with the manifest."),
    "backup_file_missing": (
        "A file of the backup is missing.",
        "It is {file}: use another backup.",
        "Use another backup.",
    ),
    "backup_file_damaged": (
        "A file of the backup is not what was written.",
        "It is {file}: use another backup.",
        "Use another backup.",
    ),
    "backup_target_not_empty": (
        "Something lies there already.",
        "Name a folder that does not exist yet instead of {folder}.",
        "Name a folder that does not exist yet.",
    ),
    "backup_of_newer_version": (
        "The backup is of a newer Muster.",
        "Install version {version} or a later one first.",
        "Install a later version first.",
    ),
    "backup_of_other_database": (
        "The backup is of another kind of database.",
        "Set DATABASE_URL for {vendor}, or remove it for sqlite.",
        "Set DATABASE_URL for the kind that it was made from.",
    ),
    "database_damaged": (
        "The copy of the database is damaged.",
        "The database itself probably is: restore the newest backup that can be checked.",
        "",
    ),
    "database_program_missing": (
        "A program of PostgreSQL is not on the PATH.",
        "Install {program} of the server's version (postgresql-client), or make the copy by your own tools.",
        "Install postgresql-client of the server's version.",
    ),
    "database_program_failed": (
        "A program of PostgreSQL failed.",
        "{program} said: {said}.",
        "Look at the log of the server.",
    ),
    "erased_list_damaged": (
        "The list of erased people is damaged.",
        "Line {line} of {file} cannot be read: mend it, or take the list from another folder.",
        "Mend it, or take it from another folder.",
    ),
    "erased_list_missing": (
        "There is no list of erased people.",
        "No erased.jsonl lies in {folder}.",
        "Name the folder in which erased.jsonl lies.",
    ),
    "restore_unfinished": (
        "A restore was cut off here.",
        "Empty {folder} and the database, and restore again.",
        "Empty the state folder and the database, and restore again.",
    ),
    "restored_rows_differ": (
        "The restored database is not what was backed up.",
        "{table} has {rows} rows instead of {expected}: use another backup.",
        "Use another backup.",
    ),
    "state_in_use": ("Muster runs over this state.", "Stop it first: {folder}.", "Stop it first."),
    "state_not_empty": (
        "A backup is only restored into an empty state.",
        "There is {holds}: set MUSTER_VAR to a new folder, and DATABASE_URL to an empty database.",
        "Set MUSTER_VAR to a new folder, and DATABASE_URL to an empty database.",
    ),
}
"""Code -> what happened; what to do, with facts; the same without them."""


def sentence(error: MusterError) -> str:
    """Return what happened and what to do, for whoever reads it in a shell."""
    if error.code not in WORDS:
        return str(error)
    what, advice, plain = WORDS[error.code]
    try:
        return f"{what} {advice.format_map(error.facts)}"
    except KeyError:
        return f"{what} {plain}"
