"""A door that searches its own people first and guests after them keeps one promise over both."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betainc

from tests.verifier.tables import plain_table
from verifier import policy
from verifier.calibration import Calibration
from verifier.gallery import DividedGallery
from verifier.policy import DividedPolicy, MatchPolicy, Searched
from verifier.values import Decision, FloatArray, Neighbour, Outcome

WHOLE = MatchPolicy(plain_table(), target_false_accept=0.001)
DIVIDED = DividedPolicy(WHOLE)
OWN, OTHERS = 20, 2000
OWN_THRESHOLD = DIVIDED.own(guests=True).threshold(OWN)
GUEST_THRESHOLD = DIVIDED.guests().threshold(OTHERS)

neighbours = st.lists(
    st.builds(Neighbour, reference=st.integers(0, 50), subject=st.integers(0, 4), distance=st.floats(0, 2)),
    max_size=6,
    unique_by=lambda neighbour: neighbour.reference,
)


def near(subject: int, distance: float) -> Neighbour:
    return Neighbour(reference=subject, subject=subject, distance=distance)


def decide(own: list[Neighbour], others: list[Neighbour] | None, *, among: int = OTHERS) -> Decision:
    return DIVIDED.decide(Searched(own, OWN), others=Searched(others, among))


def test_the_shares_add_up_to_the_promise() -> None:
    own, guests = DIVIDED.own(guests=True), DIVIDED.guests()
    assert own.target_false_accept + guests.target_false_accept == pytest.approx(0.001)
    by_number = policy.GUEST_NUMBERS * DIVIDED.guest_by_number().target_false_accept
    assert own.target_false_accept + by_number == pytest.approx(0.001)
    assert DIVIDED.own(guests=False).target_false_accept == 0.001
    assert GUEST_THRESHOLD < WHOLE.threshold(OWN + OTHERS) < OWN_THRESHOLD < WHOLE.threshold(OWN)


@given(found=neighbours, comparisons=st.integers(0, 500))
def test_without_guests_it_is_the_policy_itself(found: list[Neighbour], comparisons: int) -> None:
    expected = WHOLE.decide(found, comparisons=comparisons)
    own = Searched(found, comparisons)
    assert DIVIDED.decide(own) == expected
    assert DIVIDED.decide(own, others=Searched([], 0)) == expected  # nobody else is enrolled


def test_each_part_has_its_own_threshold() -> None:
    between = (OWN_THRESHOLD + GUEST_THRESHOLD) / 2
    own, guest = decide([near(1, between)], []), decide([], [near(1, between)])
    assert (own.outcome, own.threshold, own.comparisons) == (Outcome.MATCHED, OWN_THRESHOLD, OWN)
    assert (guest.outcome, guest.threshold, guest.comparisons) == (Outcome.UNKNOWN, GUEST_THRESHOLD, OTHERS)
    assert guest.reasons == (policy.BEYOND_THRESHOLD, policy.GUEST)
    assert own.target_false_accept == guest.target_false_accept == 0.001  # the promise over both, as it is replayed
    matched = decide([near(2, 1.9)], [near(1, GUEST_THRESHOLD)])
    assert (matched.subject, matched.runner_up) == (1, near(2, 1.9))
    assert matched.reasons == (policy.WITHIN_THRESHOLD, policy.GUEST)


def test_a_guest_who_is_nearer_is_never_taken_for_one_of_the_doors_people() -> None:
    """Within the threshold of the door's people, but a guest is as near, or nearer though not near enough."""
    own = [near(1, OWN_THRESHOLD)]
    for far in (GUEST_THRESHOLD, OWN_THRESHOLD - 0.01, OWN_THRESHOLD + WHOLE.margin / 2):
        doubtful = decide(own, [near(2, far)])
        assert (doubtful.outcome, doubtful.subject) == (Outcome.AMBIGUOUS, None)
        assert {each.subject for each in (doubtful.nearest, doubtful.runner_up) if each} == {1, 2}
    assert decide(own, [near(2, OWN_THRESHOLD + 2 * WHOLE.margin)]).subject == 1


def test_several_frames_bring_both_thresholds_nearer() -> None:
    """The mean of frames that differ is shorter; a table that knows what that costs takes it from either part."""
    table = dataclasses.replace(plain_table(), averaging_distance=0.1)
    divided = DividedPolicy(MatchPolicy(table, target_false_accept=0.001))
    found = [near(1, 1.9)]
    for own, others in ((found, []), ([], found)):
        one, several = (
            divided.decide(Searched(own, OWN), others=Searched(others, OTHERS), mean_length=length).threshold
            for length in (1.0, 0.9)
        )
        assert one - several == pytest.approx(table.nearer_by(0.9))
        assert one > several


def test_among_too_many_others_a_guest_gives_a_number_and_the_doors_people_do_not() -> None:
    assert decide([near(1, OWN_THRESHOLD)], None).subject == 1
    unknown = decide([near(1, 1.9)], None)
    assert (unknown.outcome, unknown.reasons[0]) == (Outcome.UNKNOWN, policy.GUEST_GIVES_NUMBER)
    assert decide([], None).reasons == (policy.GUEST_GIVES_NUMBER, policy.GALLERY_EMPTY)


@given(own=neighbours, others=neighbours)
def test_only_somebody_within_the_threshold_of_their_part_and_nearest_of_all_is_matched(
    own: list[Neighbour], others: list[Neighbour]
) -> None:
    elsewhere = [Neighbour(each.reference + 100, each.subject + 10, each.distance) for each in others]
    decision = decide(own, elsewhere)
    within = {each.subject for each in own if each.distance <= OWN_THRESHOLD}
    within |= {each.subject for each in elsewhere if each.distance <= GUEST_THRESHOLD}
    assert (decision.outcome is Outcome.UNKNOWN) is (not within)
    if decision.subject is not None:
        everybody = sorted([*own, *elsewhere], key=lambda each: each.distance)
        assert within == {decision.subject}
        assert everybody[0].distance == min(each.distance for each in everybody if each.subject == decision.subject)


def spherical_table(dimension: int) -> Calibration:
    """The true rates of directions drawn at random: (1 + cosine) / 2 has a beta distribution."""
    distances = np.linspace(0.05, 2.0, 400)
    shape = (dimension - 1) / 2
    rates = betainc(shape, shape, distances**2 / 4)
    return Calibration(
        distances=tuple(distances.tolist()),
        false_match_rates=tuple(np.maximum(rates, 1e-12).tolist()),
        false_non_match_rates=tuple(np.linspace(1, 0, 400).tolist()),
        smallest_supported_rate=1e-9,
        midpoint_distance=0.9,
        slope_distance=0.05,
    )


def drawn(count: int, *, dimension: int, seed: int) -> FloatArray:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("guests", [True, False])
def test_strangers_are_let_in_as_often_as_promised_over_both_parts(*, guests: bool) -> None:
    """4,000 strangers at a door with 60 people of its own among 800: 3 in 100 promised, so 120 (+-33) are near."""
    dimension, own, everybody, strangers, promised = 16, 60, 800, 4000, 0.03
    gallery = DividedGallery(dimension, encoder="drawn")
    for number, vector in enumerate(drawn(everybody, dimension=dimension, seed=1)):
        gallery.add(reference=number, subject=number, vector=vector, labels=frozenset({int(number < own)}))
    divided = DividedPolicy(MatchPolicy(spherical_table(dimension), target_false_accept=promised))
    near_own = near_guest = 0
    for probe in drawn(strangers, dimension=dimension, seed=2):
        mine = Searched(gallery.search_subjects(probe, most=2, label=1), gallery.count(label=1))
        rest = gallery.search_subjects(probe, most=2, label=1, outside=True)
        others = Searched(rest, gallery.count(label=1, outside=True))
        decision = divided.decide(mine, others=others if guests else None)
        near_own += decision.outcome is not Outcome.UNKNOWN and policy.GUEST not in decision.reasons
        near_guest += decision.outcome is not Outcome.UNKNOWN and policy.GUEST in decision.reasons
    assert 0.8 * promised < (near_own + near_guest) / strangers < 1.25 * promised
    assert (near_guest > 0) is guests
    assert near_guest / strangers < 0.1 * promised * 2
