"""The keys of a bundle that are read; all others are told, so that nothing is lost unnoticed."""

from collections.abc import Collection

from challenge_platform.cli.codabench.fields import Mapping, given
from challenge_platform.cli.codabench.report import Report

TOP = frozenset(
    {
        "contact_email",
        "description",
        "docker_image",
        "fact_sheet",
        "leaderboard",
        "leaderboards",
        "make_input_data_available",
        "pages",
        "phases",
        "registration_auto_approve",
        "solutions",
        "tasks",
        "terms",
        "title",
        "version",
    }
)
PHASE = frozenset(
    {
        "color",
        "description",
        "end",
        "execution_time_limit",
        "index",
        "max_submissions",
        "max_submissions_per_day",
        "name",
        "public_data",
        "solutions",
        "start",
        "starting_kit",
        "tasks",
    }
)
TASK = frozenset(
    {
        "description",
        "index",
        "ingestion_only_during_scoring",
        "ingestion_program",
        "input_data",
        "is_public",
        "key",
        "name",
        "reference_data",
        "scoring_program",
    }
)
LEADERBOARD = frozenset(
    {
        "columns",
        "index",
        "key",
        "primary_index",
        "submission_rule",
        "title",
    }
)
COLUMN = frozenset(
    {
        "computation",
        "computation_indexes",
        "hidden",
        "index",
        "key",
        "precision",
        "sort",
        "sorting",
        "title",
    }
)
LEGACY = frozenset(
    {
        "competition_docker_image",
        "description",
        "end_date",
        "has_registration",
        "html",
        "leaderboard",
        "phases",
        "start_date",
        "title",
    }
)
LEGACY_PHASE = frozenset(
    {
        "color",
        "description",
        "execution_time_limit",
        "ingestion_program",
        "ingestion_program_only_during_scoring",
        "input_data",
        "is_parallel_parent",
        "is_scoring_only",
        "label",
        "max_submissions",
        "max_submissions_per_day",
        "parent_phasenumber",
        "phase_never_ends",
        "phasenumber",
        "public_data",
        "reference_data",
        "scoring_program",
        "start_date",
        "starting_kit",
    }
)
LEGACY_COLUMN = frozenset(
    {
        "column_group",
        "computed",
        "hidden",
        "label",
        "leaderboard",
        "numeric_format",
        "rank",
        "selection_default",
        "sort",
    }
)


def tell_unread(found: Mapping, /, *, known: Collection[str], place: str, report: Report) -> None:
    """Tell which keys that ask for something are not among the known ones.

    `place` is where they stand, empty for the top of competition.yaml.
    """
    for key, value in found.items():
        if key not in known and given(value) and value != []:
            report.dropped(f"{place}.{key}" if place else key, "is not read; nothing here means it")
