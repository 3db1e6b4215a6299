"""The ids of runs, by which a launcher knows them; they say of which submission a run is."""

from challenge_platform.core.definition import Board
from challenge_platform.core.feature_runs import MOST_RUNS
from challenge_platform.core.run import Stage


def run_id_of(submission_id: str, stage: Stage, /) -> str:
    """Give the id of a run, the same in each attempt: whoever asks again joins what goes on."""
    return f"{submission_id}-{stage}"


def audit_id_of(submission_id: str, number: int, /) -> str:
    """Give the id of a run of an audit."""
    return f"{run_id_of(submission_id, Stage.AUDIT)}-{number}"


def scoring_id_of(submission_id: str, board: Board, /) -> str:
    """Give the id of a run of the organizers' own scoring program."""
    return f"{run_id_of(submission_id, Stage.SCORING)}-{board}"


def run_ids_of(submission_id: str, /) -> list[str]:
    """Give the ids that runs of programs for a submission may have."""
    audits = [audit_id_of(submission_id, number) for number in range(MOST_RUNS)]
    scorings = [scoring_id_of(submission_id, board) for board in Board]
    return [*(run_id_of(submission_id, stage) for stage in Stage), *audits, *scorings]
