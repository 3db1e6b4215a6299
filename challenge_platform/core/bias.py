"""The questions of the BIAS statement, answered from a challenge's definition and its files.

Source of the questions: Maier-Hein et al., "BIAS: Transparent reporting of biomedical image
analysis challenges", Medical Image Analysis 66 (2020) 101796, whose checklist is put here in the
words of this platform and for data of all kinds. What the definition knows is told from it, so that
it cannot differ from what is done; what only the organizers know is in its section `transparency`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from challenge_platform.core.definition import (
    Board,
    ChallengeDefinition,
    Disclosure,
    Phase,
    Protection,
)
from challenge_platform.core.local_text import LocalText
from challenge_platform.core.publication import PublicFile
from scorers.definition import MetricDefinition
from scorers.message import Message
from scorers.metric import Direction

Answer = LocalText | Message
"""What the organizers say, in Markdown, or what the definition says."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of the checklist, and what answers it; nothing does where `answers` is empty."""

    key: str
    asks: Message
    answers: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """Questions about one side of a challenge."""

    title: Message
    questions: tuple[Question, ...]


def report(
    definition: ChallengeDefinition, /, *, files: Sequence[PublicFile]
) -> tuple[Chapter, ...]:
    """Answer what can be answered; `files` are those that participants download."""
    return (
        _organization(definition),
        _participation(definition),
        _data(definition, files=files),
        _assessment(definition),
        _honesty(definition),
    )


def unanswered(chapters: Sequence[Chapter], /) -> tuple[Question, ...]:
    """List the questions that nothing answers."""
    return tuple(
        question for chapter in chapters for question in chapter.questions if not question.answers
    )


def _said(text: LocalText | None) -> tuple[Answer, ...]:
    return () if text is None else (text,)


def _organization(definition: ChallengeDefinition) -> Chapter:
    told = definition.transparency
    return Chapter(
        title=Message("The challenge and who is behind it"),
        questions=(
            Question(
                key="task",
                asks=Message("What is it called, and what is asked?"),
                answers=(definition.title, *_said(definition.summary)),
            ),
            Question(
                key="intended_use",
                asks=Message("Where would a good answer be used, and by whom?"),
                answers=_said(told.intended_use),
            ),
            Question(
                key="organizers", asks=Message("Who organizes it?"), answers=_said(told.organizers)
            ),
            Question(key="contact", asks=Message("Whom may I ask?"), answers=_said(told.contact)),
            Question(key="funder", asks=Message("Who pays for it?"), answers=_said(told.funder)),
            Question(
                key="conflicts",
                asks=Message("Who has a conflict of interest, and who saw the hidden truth?"),
                answers=_said(told.conflicts),
            ),
            Question(
                key="timeline",
                asks=Message("When does each phase open and close?"),
                answers=tuple(_times(phase) for phase in definition.phases),
            ),
        ),
    )


def _participation(definition: ChallengeDefinition) -> Chapter:
    told = definition.transparency
    return Chapter(
        title=Message("Taking part"),
        questions=(
            Question(
                key="agreement",
                asks=Message("To what does a participant agree?"),
                answers=(
                    Message(
                        "To version `{version}` of the agreement on the page of rules; the "
                        "platform keeps who accepted it, when, and a digest of its text.",
                        version=definition.agreement.version,
                    ),
                ),
            ),
            Question(
                key="teams",
                asks=Message("How are teams formed?"),
                answers=(Message("At most {most} in a team.", most=definition.teams.max_size),),
            ),
            Question(
                key="submissions",
                asks=Message("What may be submitted, and how often?"),
                answers=tuple(_submissions(definition)),
            ),
            Question(
                key="feedback",
                asks=Message("What is told of scores while a phase is open?"),
                answers=tuple(_feedback(phase) for phase in definition.phases),
            ),
            Question(
                key="awards",
                asks=Message("What can be won, and how may results be published?"),
                answers=_said(told.awards),
            ),
        ),
    )


def _data(definition: ChallengeDefinition, *, files: Sequence[PublicFile]) -> Chapter:
    told, data = definition.transparency, definition.data
    return Chapter(
        title=Message("Data and truth"),
        questions=(
            Question(
                key="data_source",
                asks=Message("Whose data are these, and how were they acquired?"),
                answers=_said(told.data_source),
            ),
            Question(
                key="legal_basis",
                asks=Message("On what legal basis may they be used?"),
                answers=_said(told.legal_basis),
            ),
            Question(
                key="cases",
                asks=Message("What is a case, and how were cases chosen and split?"),
                answers=_said(told.cases),
            ),
            Question(
                key="split",
                asks=Message("Which cases decide the score?"),
                answers=(
                    Message(
                        "Those of the hidden truth. Its column `{split}` says of each whether it "
                        "is public, for scores while a phase is open, or private.",
                        split=data.split,
                    ),
                ),
            ),
            Question(
                key="files",
                asks=Message("Which files do participants get?"),
                answers=tuple(
                    Message(
                        "`{name}`: {size:,} bytes, SHA-256 `{digest}`",
                        name=file.name,
                        size=file.size,
                        digest=file.digest,
                    )
                    for file in files
                ),
            ),
            Question(
                key="annotation",
                asks=Message("How was the truth made, and by whom?"),
                answers=_said(told.annotation),
            ),
            Question(
                key="limits",
                asks=Message("What is known to be wrong, biased or misleading?"),
                answers=_said(told.limits),
            ),
        ),
    )


def _assessment(definition: ChallengeDefinition) -> Chapter:
    told, scoring = definition.transparency, definition.scoring
    return Chapter(
        title=Message("How submissions are judged"),
        questions=(
            Question(
                key="target",
                asks=Message("What is predicted?"),
                answers=tuple(
                    Message("`{name}`, of type `{type}`", name=name, type=column.type)
                    for name, column in definition.submission.columns.items()
                ),
            ),
            Question(
                key="metrics",
                asks=Message("By which metrics?"),
                answers=tuple(_metric(metric) for metric in scoring.metrics),
            ),
            Question(
                key="reasons",
                asks=Message("Why these metrics and this ranking?"),
                answers=_said(told.metrics),
            ),
            Question(
                key="ranking",
                asks=Message("How are teams ranked, and what if scores are equal?"),
                answers=tuple(_ranking(definition)),
            ),
            Question(
                key="missing",
                asks=Message("What if predictions or scores are missing?"),
                answers=tuple(_missing(definition)),
            ),
        ),
    )


def _honesty(definition: ChallengeDefinition) -> Chapter:
    return Chapter(
        title=Message("How sure the result is"),
        questions=(
            Question(
                key="uncertainty",
                asks=Message("How is uncertainty told?"),
                answers=tuple(_uncertainty(definition)),
            ),
            Question(
                key="subgroups",
                asks=Message("Is it looked at whether some groups are served worse?"),
                answers=tuple(
                    Message(
                        "Scores are also computed by `{column}`, for groups of {least} or more.",
                        column=column,
                        least=definition.scoring.smallest_subgroup,
                    )
                    for column in definition.data.subgroups
                ),
            ),
            Question(
                key="protection",
                asks=Message("What keeps the truth from leaking?"),
                answers=tuple(_protection(definition)),
            ),
            Question(
                key="reproduction",
                asks=Message("Can a score be checked?"),
                answers=(
                    Message(
                        "Each comes with a signed receipt that names the versions of definition, "
                        "truth and scorer; the scorer is open source."
                    ),
                ),
            ),
        ),
    )


def _times(phase: Phase) -> Message:
    if phase.closes is None:
        return Message(
            "`{phase}`: from `{opens}`, without an end", phase=phase.key, opens=_iso(phase.opens)
        )
    return Message(
        "`{phase}`: from `{opens}` to `{closes}`",
        phase=phase.key,
        opens=_iso(phase.opens),
        closes=_iso(phase.closes),
    )


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="minutes")


def _submissions(definition: ChallengeDefinition) -> Iterator[Message]:
    yield Message("Of the kinds `{kinds}`.", kinds=", ".join(definition.submission.kinds))
    for phase in definition.phases:
        if phase.limit.per is None:
            yield Message(
                "`{phase}`: {most} in the whole phase", phase=phase.key, most=phase.limit.n
            )
        else:
            yield Message(
                "`{phase}`: {most} in any {hours} hours",
                phase=phase.key,
                most=phase.limit.n,
                hours=f"{phase.limit.per.total_seconds() / 3600:g}",
            )


def _feedback(phase: Phase) -> Message:
    if not phase.disclosure:
        return Message("`{phase}`: nothing", phase=phase.key)
    told = ", ".join(each for each in Disclosure if each in phase.disclosure)
    if phase.board is Board.PUBLIC:
        return Message("`{phase}`: `{told}`, of the public part", phase=phase.key, told=told)
    return Message("`{phase}`: `{told}`, of the private part", phase=phase.key, told=told)


def _metric(metric: MetricDefinition, /) -> Message:
    params = ", ".join(f"{name}={value}" for name, value in metric.params.items())
    formula = f"{metric.metric}({params})"
    if metric.better is Direction.MAXIMIZE:
        return Message("`{key}` = `{formula}`; higher is better", key=metric.key, formula=formula)
    return Message("`{key}` = `{formula}`; lower is better", key=metric.key, formula=formula)


def _ranking(definition: ChallengeDefinition) -> Iterator[Message]:
    ranking = definition.ranking
    yield Message(
        "By `{key}` of a team's best submission. Scores that differ by `{tolerance}` or less are "
        "equal, and equal scores share a rank (1, 1, 3).",
        key=definition.scoring.primary.key,
        tolerance=f"{ranking.tolerance:g}",
    )
    if ranking.ties:
        yield Message(
            "Between equal scores decide, in turn: `{keys}`.", keys=", ".join(ranking.ties)
        )


def _missing(definition: ChallengeDefinition) -> Iterator[Message]:
    if definition.submission.objects is None:
        yield Message(
            "A submission that lacks a case, names one twice, or has an empty or infinite number "
            "is refused before it is scored."
        )
    else:
        yield Message("A case without a row is scored as one in which nothing was found.")
    yield Message("A score that is not defined is shown as such and never ranked.")


def _uncertainty(definition: ChallengeDefinition) -> Iterator[Message]:
    scoring = definition.scoring
    yield Message(
        "Every score has a 95 % interval, from {count:,} resamples of `{unit}` that all teams "
        "share (`interval: {method}`).",
        count=scoring.resamples,
        unit=definition.data.unit,
        method=scoring.interval,
    )
    if scoring.stratify is not None:
        yield Message(
            "As many of each value of `{column}` are drawn as there are.", column=scoring.stratify
        )
    yield Message(
        "Every rank has an interval from the same resamples, and teams that cannot be told apart "
        "are shown as one group."
    )


def _protection(definition: ChallengeDefinition) -> Iterator[Message]:
    yield Message(
        "The truth is kept encrypted; only the worker that scores can read it. Private scores stay "
        "sealed until the organizers reveal them."
    )
    if definition.ranking.protect is Protection.LADDER:
        yield Message("A public score is told only if it is surely better than the team's best.")
    if definition.takes_programs:
        yield Message("Programs run in a sandbox without a network, apart from the truth.")
