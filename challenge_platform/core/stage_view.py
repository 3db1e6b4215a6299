"""What a reader may see of the stages that a submission went through.

Of a program's run on hidden input its team sees how it ended, from a closed list, and how long it
took, in steps: whatever else the program chooses may say hidden data. Organizers see what it used;
what it said they read through `core.run_log`, which records that they did.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from challenge_platform.core.refusal import NOTHING, Refused, read
from challenge_platform.core.run import COARSE_SECONDS, PER_ID, ProgramRun, Stage
from sandbox import End, Usage

SCORE = "score"
"""The stage after those at which a program runs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageView:
    """A stage: `end` and `seconds` are None while it goes on.

    `timings` are the seconds of its parts; they are empty, and `usage` and `exit_code` None, where
    they are not told. `seconds_per_id` is what a run took for each id, and `slow` whether that is
    longer than the challenge asks for.
    """

    name: str
    end: End | None = None
    seconds: float | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    usage: Usage | None = None
    exit_code: int | None = None
    seconds_per_id: float | None = None
    slow: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Stages:
    """All stages so far, what was wrong with predictions, and what a program said.

    `log` is of the last run on public data; the others are never told here.
    """

    views: tuple[StageView, ...] = ()
    refused: Refused = NOTHING
    log: bytes | None = None


NO_STAGES = Stages()


def stages(
    runs: Sequence[ProgramRun],
    /,
    *,
    scoring: Mapping[str, Any] | None,
    organizer: bool,
    seconds_per_id: float | None = None,
) -> Stages:
    """Give what a reader may see of a program's runs, and of the seconds that scoring took.

    `seconds_per_id` is how long a program should take for each id at most.
    """
    runs = [run for run in runs if run.stage is not Stage.SCORING]  # its team has `scoring` of it
    views = [_view(run, organizer=organizer, most=seconds_per_id) for run in runs]
    if scoring is not None:
        views.append(_scored(scoring, organizer=organizer))
    return Stages(
        views=tuple(views),
        refused=read(runs[-1].refused) if runs else NOTHING,
        log=next((run.log for run in reversed(runs) if not run.stage.is_hidden), None),
    )


def _view(run: ProgramRun, *, organizer: bool, most: float | None) -> StageView:
    if run.end is None or run.ended_at is None:
        return StageView(name=run.stage)
    if run.stage.is_hidden and not organizer:
        steps = round((run.ended_at - run.started_at).total_seconds() / COARSE_SECONDS)
        return StageView(name=run.stage, end=run.end, seconds=max(1, steps) * COARSE_SECONDS)
    usage = Usage(**run.usage)
    each = run.timings.get(PER_ID)
    return StageView(
        name=run.stage,
        end=run.end,
        seconds=round(usage.wall_seconds, 3),
        timings=_rounded({part: s for part, s in run.timings.items() if part != PER_ID}),
        usage=usage,
        exit_code=run.exit_code,
        seconds_per_id=None if each is None else round(each, 6),
        slow=each is not None and most is not None and each > most,
    )


def _scored(timings: Mapping[str, Any], *, organizer: bool) -> StageView:
    """Tell how long scoring took; who chooses the file learns no more of it than tenths."""
    seconds = timings.get("sandbox")
    if not organizer:
        coarse = None if seconds is None else math.ceil(10 * seconds) / 10
        return StageView(name=SCORE, end=End.FINISHED, seconds=coarse)
    parts = {name: seconds for name, seconds in timings.items() if name != "sandbox"}
    return StageView(
        name=SCORE,
        end=End.FINISHED,
        seconds=None if seconds is None else round(seconds, 3),
        timings=_rounded(parts),
    )


def _rounded(timings: Mapping[str, Any]) -> dict[str, float]:
    return {name: round(seconds, 4) for name, seconds in timings.items()}
