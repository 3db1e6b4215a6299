"""Scoring by the organizers' own program: a run for each board, of which numbers alone come out.

The program, the reference data of one board and the submission go into a sandbox that nobody else
gets; the private reference data are not there while the public board is scored. What the program
says may be the truth, so that it is sealed for the organizers and told to nobody else.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from challenge_platform.core.attempt import NotScored, Work
from challenge_platform.core.definition import Board
from challenge_platform.core.reference import boards_of, program_digest, request
from challenge_platform.core.run import Stage, begin, record
from challenge_platform.core.run_ids import scoring_id_of
from challenge_platform.core.run_log import keep_log
from challenge_platform.core.scoring import REASON_OF_END
from challenge_platform.core.submission import Kind, Reason
from challenge_platform.core.submitted_files import files_in
from challenge_platform.core.written_scores import InvalidScores, read_scores
from challenge_platform.database import Database
from sandbox import MIB, End, Limits, Outcome, Run, Runner, SandboxUnavailable
from scorers.definition import ScoringDefinition
from scorers.document import Environment, Evaluation, Score, Scorer, SplitScores, Timings
from scorers.metric import Combination, Undefined
from scorers.program import ScoringProgram
from scorers.uncertainty.intervals import LEVEL, NoInterval

COLLECTED = "scores"


@dataclass(frozen=True, kw_only=True)
class ProgramScoring:
    """The parts that scoring by the organizers' program needs."""

    database: Database
    runner: Runner
    clock: Callable[[], datetime]

    def score(
        self, work: Work, program: ScoringProgram, /, *, truth: bytes, content: bytes, to: str
    ) -> tuple[Outcome, Evaluation]:
        """Score what was submitted on each board; what was said is kept, encrypted to `to`.

        The outcome is that of the public board, with the seconds of all. Raise NotScored when the
        program does not write the scores of the definition.
        """
        scoring = work.challenge.definition.scoring
        with self.database.writing() as session:
            begin(session, work.claim, stage=Stage.SCORING, now=self.clock())
        given = _given(work, content)
        outcomes: dict[Board, Outcome] = {}
        splits: dict[Board, SplitScores] = {}
        try:
            for board in boards_of(truth):
                archive = request(truth, board=board, command=program.command, given=given)
                outcomes[board] = self._run(work, program, board=board, archive=archive)
                splits[board] = _read(outcomes[board], scoring=scoring)
        except InvalidScores as error:
            last = outcomes[board]
            outcomes[board] = replace(last, log=last.log + f"\n{error}\n".encode())
            why = "the organizers' program wrote no valid scores; see `challenge submission log`"
            raise NotScored(Reason.SCORING_ANSWER_INVALID, why=why) from None
        finally:
            self._keep(work, outcomes, to=to)
        seconds = sum(outcome.seconds for outcome in outcomes.values())
        public = splits[Board.PUBLIC]
        evaluation = Evaluation(
            scorer=Scorer(name="program", version=program_digest(truth)),
            splits={Board.PUBLIC: public, Board.PRIVATE: splits.get(Board.PRIVATE, public)},
            environment=Environment(python="unknown", numpy="unknown", cpu="unknown", threads=0),
            reproducibility="unknown",
            timings=Timings(read=0.0, score=round(seconds, 6), resample=0.0),
        )
        return replace(outcomes[Board.PUBLIC], seconds=seconds), evaluation

    def _run(self, work: Work, program: ScoringProgram, *, board: Board, archive: bytes) -> Outcome:
        run = Run(
            id=scoring_id_of(work.submission.id, board),
            runtime=program.runtime,
            limits=limits_of(program),
            input=archive,
            collect=COLLECTED,
        )
        try:
            outcome = self.runner.run(run)
        except SandboxUnavailable as error:
            raise NotScored(Reason.SANDBOX_UNAVAILABLE) from error
        with suppress(SandboxUnavailable):  # it is then forgotten after a while
            self.runner.acknowledge(run.id)
        return outcome

    def _keep(self, work: Work, outcomes: Mapping[Board, Outcome], *, to: str) -> None:
        """Keep how the runs ended, and what they said for the organizers alone."""
        if not outcomes:
            return
        last = list(outcomes.values())[-1]
        said = b"".join(
            f"[{board}: {outcome.end}]\n".encode() + outcome.log
            for board, outcome in outcomes.items()
        )
        with self.database.writing() as session:
            kept = keep_log(session, work.challenge, replace(last, log=said), recipient=to)
            record(
                session,
                work.claim,
                stage=Stage.SCORING,
                now=self.clock(),
                end=last.end,
                timings=dict(last.timings),
                usage=asdict(last.usage),
                **kept,
            )


def limits_of(program: ScoringProgram, /) -> Limits:
    """Give what a run of the program may use."""
    return Limits(
        seconds=program.seconds,
        memory=int(program.memory),
        scratch=int(program.scratch),
        file=MIB,
    )


def _given(work: Work, content: bytes) -> dict[str, bytes]:
    """Give the files that the program finds of a submission."""
    asked = work.challenge.definition.submission
    if asked.format == "files" and work.submission.kind is Kind.PREDICTIONS:
        return files_in(content, most=int(asked.max_bytes))
    return {asked.file: content}


def _read(outcome: Outcome, *, scoring: ScoringDefinition) -> SplitScores:
    """Give the scores that a run wrote; raise NotScored, or InvalidScores with what it wrote."""
    if outcome.end is not End.FINISHED or outcome.file is None:
        raise NotScored(REASON_OF_END.get(outcome.end, Reason.SCORING_ANSWER_INVALID))
    return scores_of(read_scores(outcome.file), scoring=scoring)


def scores_of(written: Mapping[str, float], /, *, scoring: ScoringDefinition) -> SplitScores:
    """Give the scores of the definition, of those that were written; others are passed over.

    Raise InvalidScores naming one that is not there.
    """
    values: dict[str, float | Undefined] = {}
    for metric in scoring.metrics:
        installed = metric.installed
        if isinstance(installed, Combination):
            values[metric.key] = installed({}, values, **metric.params)
        elif metric.written_as in written:
            values[metric.key] = written[metric.written_as]
        else:
            raise InvalidScores(f"the program did not write {metric.written_as!r}")
    primary = scoring.primary.key
    return SplitScores(
        units=0,
        seed_resamples=0,
        metrics={key: _score(value) for key, value in values.items()},
        resamples={primary: ""},
    )


def _score(value: float | Undefined) -> Score:
    undefined = value.reason if isinstance(value, Undefined) else None
    number = None if isinstance(value, Undefined) else value
    return Score(
        value=number,
        interval=None,
        no_interval=None if number is None else NoInterval.ONE_NUMBER,
        level=LEVEL,
        undefined=undefined,
        resamples=0,
        events=None,
        units=None,
    )
