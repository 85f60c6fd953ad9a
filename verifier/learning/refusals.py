"""Errors of data, recipes and training runs.

They have codes and facts like all errors of the library; `verifier.learning.messages` has their sentences.
"""

from __future__ import annotations

from verifier import errors


class DataRefused(errors.Refusal):
    """The data cannot be used; the person can act. Facts: path, reason."""

    code = "data_refused"


class NoPictures(DataRefused):
    """Nothing readable was found. Facts: path."""

    code = "no_pictures"


class ClassTooSmall(DataRefused):
    """A class has fewer pictures than a genuine pair needs. Facts: label, pictures, needed."""

    code = "class_too_small"


class OneClassOnly(DataRefused):
    """The data have one class only, and therefore no impostor pair. Facts: label."""

    code = "one_class_only"


class LabelsMissing(DataRefused):
    """The labels are missing, or their number differs from that of the pictures. Facts: path, pictures, labels."""

    code = "labels_missing"


class MixedSizes(DataRefused):
    """Sets of pictures of different sizes cannot be joined. Facts: first, other."""

    code = "mixed_sizes"


class SplitsOverlap(DataRefused):
    """The same picture or the same class is in two parts. Facts: what, example."""

    code = "splits_overlap"


class RecipeRefused(errors.Refusal):
    """A recipe that cannot be followed. Facts: recipe, key, reason."""

    code = "recipe_refused"


class UnusableBatch(errors.Fault):
    """A batch has no genuine or no impostor pair, so that nothing can be learnt from it.

    Facts: missing ("genuine" or "impostor"). Other libraries return a loss of 0.0 here and continue.
    """

    code = "unusable_batch"


class TrainingDiverged(errors.Fault):
    """The loss or a weight is no longer finite. Facts: step, last_good_step."""

    code = "training_diverged"


class StateInvalid(errors.Fault):
    """The state of an interrupted run is truncated or of another recipe. Facts: path, reason."""

    code = "training_state_invalid"
