"""What ids are made of, and how values are written, is found in training and in the test."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.check import check
from challenge_platform.preflight.finding import Severity
from tests.unit.preflight.small import Rows, cohort

Write = Callable[[Rows], tuple[Path, Path, bytes]]
RNG = np.random.Generator(np.random.PCG64(17))


def sound(people: int = 600) -> Rows:
    """Make people of whom nothing says who dies, with an id, a value and a time of a draw."""
    rng = np.random.Generator(np.random.PCG64(7))
    return [
        {
            "id": f"{rng.integers(1 << 40):010x}",
            "crp": f"{rng.lognormal(1):.2f}",
            "drawn": f"2026-03-01T{rng.integers(8, 18):02d}:{rng.integers(60):02d}"
            f":{rng.integers(60):02d}",
            "death": row["death"],
            "death_time": row["death_time"],
            "death_age_occur": row["death_age_occur"],
        }
        for row in cohort(leaky=False, people=people, seed=5)
    ]


def found(definition: ChallengeDefinition, made: tuple[Path, Path, bytes]) -> dict[str, set[str]]:
    public, hidden, truth = made
    report = check(definition, public=public, hidden=hidden, sample=hidden, truth=truth)
    codes: dict[str, set[str]] = {}
    for finding in report.findings:
        if finding.severity is not Severity.BLOCK:
            codes.setdefault("warned", set()).add(finding.code)
            continue
        codes.setdefault(finding.code, set()).add(finding.about)
    return codes


def ended(row: dict[str, object], ends: tuple[str, str]) -> str:
    return f"{str(row['id'])[:-1]}{RNG.choice(list(ends[int(str(row['death']))]))}"


LEAKS: dict[str, Callable[[dict[str, object]], dict[str, object]]] = {
    "id_parity": lambda row: {"id": ended(row, ("02468ace", "13579bdf"))},
    "id_end": lambda row: {"id": ended(row, ("abdefghkl", "c"))},
    "id_start": lambda row: {"id": f"p{'36'[int(str(row['death']))]}{row['id']}"},
    "id_part": lambda row: {"id": f"{row['id']}-{'xy'[int(str(row['death']))]}-s"},
    "id_length": lambda row: {"id": f"{row['id']}{'00' * int(str(row['death']))}"},
    "id_digit_sum": lambda row: {"id": summed(int(str(row["death"])))},
    "decimals": lambda row: {"crp": f"{float(str(row['crp'])):.{2 - int(str(row['death']))}f}"},
    "last_digit": lambda row: {"crp": f"{str(row['crp'])[:-1]}{'37'[0] if row['death'] else '5'}"},
    "seconds": lambda row: {"drawn": f"{str(row['drawn'])[:-2]}{'00' if row['death'] else '41'}"},
    "time_of_day": lambda row: {"drawn": f"2026-03-01T{7 if row['death'] else 15:02d}:30"},
}


def summed(dies: int) -> str:
    """Make an id whose digits are larger, of whoever dies, and its letters the same."""
    return "".join(f"{digit:x}" for digit in RNG.choice([10, 11, 1 + 7 * dies], size=14))


@pytest.mark.parametrize("code", LEAKS)
def test_it_is_found_and_blocks(code: str, survival: ChallengeDefinition, write: Write) -> None:
    rows = [row | LEAKS[code](row) for row in sound()]

    codes = found(survival, write(rows))

    assert "c_death" in codes[f"leak_{code}"]
    assert "death" in codes[f"leak_{code}"]


def test_a_sound_challenge_has_none_of_it(survival: ChallengeDefinition, write: Write) -> None:
    assert found(survival, write(sound())) == {}


def test_decimals_that_follow_from_the_size_of_a_value_are_nothing(
    survival: ChallengeDefinition, write: Write
) -> None:
    rows = sound()
    for row in rows:
        value = float(row["crp"]) * (1 + 0.5 * row["death"])
        row["crp"] = f"{value:.1f}" if value >= 3 else f"{value:.2f}"

    assert not {"leak_decimals", "leak_last_digit"} & found(survival, write(rows)).keys()
