"""What a recipe made to be read: tables by what they are for, pictures, and what is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.preflight.finding import Finding
from challenge_platform.preflight.looks import Look, look_at
from challenge_platform.preflight.nested import nested_tables
from challenge_platform.preflight.pictures import find_pictures
from challenge_platform.preflight.roles import BESIDE, Roles, answer_columns
from challenge_platform.preflight.tables import Table, read_tables
from challenge_platform.preflight.target import Target, truth_targets
from scorers.predictions.table import Truth


@dataclass(frozen=True, kw_only=True)
class Files:
    """Tables and pictures, each read once.

    `given` are the tables that participants or their code have, `nested` those of them that lie in
    archives, in further folders or in JSON, `samples` those of the sample of the input. `targets`
    are the answers, in the order of the truth.
    """

    roles: Roles
    given: Sequence[Table]
    nested: Sequence[Table]
    samples: Sequence[Table]
    unreadable: Sequence[Finding]
    looks: Sequence[Look]
    sample_looks: Sequence[Look]
    targets: Sequence[Target]

    @classmethod
    def read(
        cls,
        definition: ChallengeDefinition,
        truth: Truth,
        /,
        *,
        folders: tuple[Path, Path],
        sample: Path,
    ) -> Self:
        """Read the folders with what is public and with the hidden input, and its sample."""
        read = [read_tables(folder) for folder in folders]
        samples, broken = read_tables(sample)
        given = [table for found, _ in read for table in found]
        return cls(
            roles=Roles.of(definition, truth, tables=given),
            given=given,
            nested=[table for folder in folders for table in nested_tables(folder)],
            samples=samples,
            unreadable=[*(finding for _, found in read for finding in found), *broken],
            looks=look_at(find_pictures(folders)),
            sample_looks=look_at(find_pictures((sample,))),
            targets=truth_targets(
                truth.columns,
                answers=answer_columns(definition),
                beside=answer_columns(definition, only=BESIDE),
            ),
        )

    @property
    def tables(self) -> Iterator[Table]:
        """Every table."""
        yield from self.given
        yield from self.samples
        yield from self.nested
