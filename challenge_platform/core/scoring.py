"""The score stage: predictions and truth go into the scoring sandbox, one document comes out."""

from challenge_platform.core.attempt import NotScored
from challenge_platform.core.definition import Board
from challenge_platform.core.submission import Reason
from sandbox import End, Limits, Outcome, Run, Runner, SandboxUnavailable
from scorers.definition import Task
from scorers.document import Evaluation, Refusal, read_answer
from scorers.request import write_request

SCORING_RUNTIME = "scoring"
SCORING_LIMITS = Limits(seconds=60, memory=1 << 30, cpus=1, processes=32, output=4 << 20)

REASON_OF_END = {
    End.CRASHED: Reason.SCORING_CRASHED,
    End.TIMED_OUT: Reason.SCORING_TIMED_OUT,
    End.OUT_OF_MEMORY: Reason.SCORING_OUT_OF_MEMORY,
    End.OUTPUT_TOO_LARGE: Reason.SCORING_OUTPUT_TOO_LARGE,
    End.NO_FILE: Reason.SCORING_ANSWER_INVALID,
    End.CANCELLED: Reason.SANDBOX_UNAVAILABLE,
}


def score(
    runner: Runner, run_id: str, /, *, task: Task, truth: bytes, predictions: bytes, seed: int
) -> tuple[Outcome, Evaluation | Refusal]:
    """Score in a sandbox; raise NotScored with the platform's reason when that fails."""
    request = write_request(task, truth=truth, predictions=predictions, seed=seed)
    run = Run(
        id=run_id, runtime=SCORING_RUNTIME, limits=SCORING_LIMITS, input=request, answers=True
    )
    try:
        outcome = runner.run(run)
    except SandboxUnavailable as error:
        raise NotScored(Reason.SANDBOX_UNAVAILABLE) from error
    if outcome.end is not End.FINISHED:
        raise NotScored(REASON_OF_END[outcome.end])
    return outcome, _read_answer(outcome.output)


def _read_answer(output: bytes) -> Evaluation | Refusal:
    """Parse the sandbox's one document; raise NotScored unless it answers for every board."""
    try:
        answer = read_answer(output)
    except ValueError as error:
        raise NotScored(Reason.SCORING_ANSWER_INVALID) from error
    if isinstance(answer, Evaluation) and set(answer.splits) != set(Board):
        raise NotScored(Reason.SCORING_ANSWER_INVALID)
    return answer
