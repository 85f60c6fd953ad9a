"""Errors of data, recipes and training runs.

Codes and facts like everywhere in the library; `verifier.learning.messages` makes the sentences of the command line.
"""

from __future__ import annotations

from verifier import errors


class DataRefused(errors.Refusal):
    """The data will not do; whoever gave them can act. Facts: path, and what is wrong with it."""

    code = "data_refused"


class NoPictures(DataRefused):
    """Nothing readable was found. Facts: path."""

    code = "no_pictures"


class ClassTooSmall(DataRefused):
    """A class has fewer pictures than a genuine pair needs. Facts: label, pictures, needed."""

    code = "class_too_small"


class OneClassOnly(DataRefused):
    """There is nothing to be different from. Facts: label."""

    code = "one_class_only"


class LabelsMissing(DataRefused):
    """Pictures without labels, or another number of them. Facts: path, pictures, labels."""

    code = "labels_missing"


class MixedSizes(DataRefused):
    """Pictures of different sizes where the recipe wants them as they are. Facts: first, other."""

    code = "mixed_sizes"


class SplitsOverlap(DataRefused):
    """The same picture or the same person stands in two parts. Facts: what, example."""

    code = "splits_overlap"


class RecipeRefused(errors.Refusal):
    """A recipe that cannot be followed. Facts: recipe, key, reason."""

    code = "recipe_refused"


class UnusableBatch(errors.Fault):
    """A batch without a genuine pair, or without an impostor pair, from which nothing can be learnt.

    Facts: missing ("genuine" or "impostor"). Libraries answer 0.0 here and train on in silence.
    """

    code = "unusable_batch"


class TrainingDiverged(errors.Fault):
    """The loss or a weight is no longer finite. Facts: step, last_good_step."""

    code = "training_diverged"


class StateInvalid(errors.Fault):
    """The state of an interrupted run is truncated or of another recipe. Facts: path, reason."""

    code = "training_state_invalid"
