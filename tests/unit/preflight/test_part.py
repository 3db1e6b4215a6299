"""Rows of one patient are taken as one."""

import numpy as np

from challenge_platform.preflight.feature import Feature, Kind
from challenge_platform.preflight.part import Part
from challenge_platform.preflight.target import Target
from challenge_platform.preflight.training import try_training
from challenge_platform.preflight.trials import judge

ROWS_OF_EACH = 20


def part(seed: int) -> tuple[Part, list[str]]:
    """Make images of 15 patients, whose name and outcome are those of the patient."""
    rng = np.random.Generator(np.random.PCG64(seed))
    patients = np.repeat(np.arange(15), ROWS_OF_EACH)
    feature = Feature(
        name="id_part",
        kind=Kind.MARK,
        words="part 1 of image",
        values=rng.normal(size=15)[patients],
    )
    ill = Target(column="ill", outcome=(rng.random(15) < 0.5).astype(float)[patients])
    return Part(features=[feature], targets=[ill]), [f"{each:02}" for each in patients]


def found(made: Part) -> int:
    findings, _ = judge(try_training("train.csv", made, test=Part(features=(), targets=())))
    return len(findings)


def test_what_a_patient_s_images_have_in_common_is_no_leak() -> None:
    made = [part(seed) for seed in range(40)]

    assert sum(found(one) for one, _ in made) > 20
    assert sum(found(one.of_units(units)) for one, units in made) <= 4


def test_rows_that_all_differ_are_left_as_they_are_and_groups_are_kept() -> None:
    made, units = part(1)
    assert made.of_units([str(n) for n in range(len(units))]) is made

    within = np.repeat([0.0, 3.0, -1.0], 100)
    grouped = Feature(name="decimals", kind=Kind.DETAIL, words="", values=within, within=within)
    (kept,) = Part(features=[grouped], targets=made.targets).of_units(units).features

    assert kept.within is not None
    assert kept.within.tolist() == [0.0] * 5 + [3.0] * 5 + [-1.0] * 5
