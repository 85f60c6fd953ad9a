"""Messages of the command line for the errors of the library.

Codes and facts are for programs; this table is for people. For errors without an entry the code and the facts are
printed.
"""

from __future__ import annotations

from verifier.errors import VerifierError

SENTENCES = {
    "no_pictures": "There are no pictures to read at {path}.",
    "class_too_small": "The class {label} has {pictures} picture(s); a pair needs {needed}. Add one or leave it out.",
    "one_class_only": "There is only one class ({label}); at least two are needed.",
    "labels_missing": "{pictures} pictures but {labels} labels at {path}. Put each class into a folder of its own.",
    "mixed_sizes": "Pictures of different sizes ({first} and {other}) cannot be joined; read them by one preparation.",
    "splits_overlap": "The same {what} ({example}) is in two parts; figures from such a split would be too good.",
    "data_refused": "These data cannot be used: {reason} ({path}).",
    "recipe_refused": "The recipe {recipe} cannot be followed: {key} {reason}.",
    "unusable_batch": "A batch has no {missing} pair, so nothing can be learnt from it; raise [batch] in the recipe.",
    "training_diverged": (
        "The loss or a weight was no longer a number at step {step}. The state of step {last_good_step} is kept; "
        "lower the learning rate and start again, or continue from there."
    ),
    "training_state_invalid": "The state {path} cannot be continued: {reason}. Choose another folder with --into.",
    "model_missing": "The file {file} is not there.",
    "model_wrong": "{file} is not what its card says: expected {expected}, found {found}.",
    "invalid_image: no_photos": "There are no photos below {file}: it needs a folder per person with photos inside.",
    "invalid_image: no_such_folder": "There is no folder {file}.",
    "invalid_image: unreadable": "The file {file} cannot be read.",
    "invalid_image: not_groups": "{file} is no table of groups: a CSV with the columns name and group.",
    "invalid_image: not_pairs": (
        "{file} is no list of pairs: a CSV with the columns first, second, same (1 or 0), both kinds in it, "
        "or LFW's pairs.txt with the count of folds and pairs in its first line."
    ),
    "invalid_image: two_pictures_are_needed": "Comparing needs two pictures: one or more references, then the probe.",
    "invalid_image: empty": "The file is empty.",
    "invalid_image: blank": "The picture is blank.",
    "invalid_image: too_few_pairs": "There are too few pairs to calibrate on: {detail}.",
    "face_not_found": "No face was found.",
    "multiple_faces": "There are {faces} faces of similar size; one is wanted.",
    "invalid_image": "This is not a picture that can be read ({reason}).",
    "image_too_large": "Too large: {value} {what}, the limit is {limit}.",
    "encoder_mismatch": "Encoders that do not fit together: {expected} and {found}.",
}


def sentence(error: VerifierError) -> str:
    """Return the sentence for an error with its facts filled in, or the code and the facts where there is none."""
    template = SENTENCES.get(f"{error.code}: {error.facts.get('reason')}") or SENTENCES.get(error.code)
    if template is None:
        return str(error)
    try:
        return template.format(**error.facts)
    except KeyError:
        return str(error)
