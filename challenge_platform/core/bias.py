"""The questions of the BIAS statement, answered from a challenge's definition and its files.

Source of the questions: Maier-Hein et al., "BIAS: Transparent reporting of biomedical image
analysis challenges", Medical Image Analysis 66 (2020) 101796, whose checklist is put here in the
words of this platform and for data of all kinds. What the definition knows is told from it, so that
it cannot differ from what is done; what only the organizers know is in its section `transparency`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from challenge_platform.core.transparency import Transparency
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


CHECKLIST: tuple[tuple[Message, Mapping[str, Message]], ...] = (
    (
        Message("The challenge and who is behind it"),
        {
            "task": Message("What is it called, and what is asked?"),
            "intended_use": Message("Where would a good answer be used, and by whom?"),
            "organizers": Message("Who organizes it?"),
            "contact": Message("Whom may I ask?"),
            "funder": Message("Who pays for it?"),
            "conflicts": Message("Who has a conflict of interest, and who saw the hidden truth?"),
            "timeline": Message("When does each phase open and close?"),
        },
    ),
    (
        Message("Taking part"),
        {
            "agreement": Message("To what does a participant agree?"),
            "teams": Message("How are teams formed?"),
            "submissions": Message("What may be submitted, and how often?"),
            "feedback": Message("What is told of scores while a phase is open?"),
            "awards": Message("What can be won, and how may results be published?"),
        },
    ),
    (
        Message("Data and truth"),
        {
            "data_source": Message("Whose data are these, and how were they acquired?"),
            "legal_basis": Message("On what legal basis may they be used?"),
            "cases": Message("What is a case, and how were cases chosen and split?"),
            "split": Message("Which cases decide the score?"),
            "files": Message("Which files do participants get?"),
            "annotation": Message("How was the truth made, and by whom?"),
            "limits": Message("What is known to be wrong, biased or misleading?"),
        },
    ),
    (
        Message("How submissions are judged"),
        {
            "target": Message("What is predicted?"),
            "metrics": Message("By which metrics?"),
            "reasons": Message("Why these metrics and this ranking?"),
            "ranking": Message("How are teams ranked, and what if scores are equal?"),
            "missing": Message("What if predictions or scores are missing?"),
        },
    ),
    (
        Message("How sure the result is"),
        {
            "uncertainty": Message("How is uncertainty told?"),
            "subgroups": Message("Is it looked at whether some groups are served worse?"),
            "protection": Message("What keeps the truth from leaking?"),
            "reproduction": Message("Can a score be checked?"),
        },
    ),
)
"""The questions by their keys, under the titles of their chapters."""


def report(
    definition: ChallengeDefinition, /, *, files: Sequence[PublicFile]
) -> tuple[Chapter, ...]:
    """Answer what can be answered; `files` are those that participants download."""
    answers = _said(definition.transparency) | _known(definition, files=files)
    return tuple(
        Chapter(
            title=title,
            questions=tuple(
                Question(key=key, asks=asks, answers=tuple(answers[key]))
                for key, asks in questions.items()
            ),
        )
        for title, questions in CHECKLIST
    )


def unanswered(chapters: Sequence[Chapter], /) -> tuple[Question, ...]:
    """List the questions that nothing answers."""
    return tuple(
        question for chapter in chapters for question in chapter.questions if not question.answers
    )


def _said(told: Transparency) -> dict[str, Iterable[Answer]]:
    """Give what the organizers say by question: of metrics, which the definition has, why."""
    said = {key: () if text is None else (text,) for key, text in told}
    return {"reasons": said.pop("metrics"), **said}


def _known(
    definition: ChallengeDefinition, *, files: Sequence[PublicFile]
) -> dict[str, Iterable[Answer]]:
    """Give what the definition says by question."""
    return {
        "task": filter(None, (definition.title, definition.summary)),
        "timeline": map(_times, definition.phases),
        "agreement": [_agreement(definition)],
        "teams": [Message("At most {most} in a team.", most=definition.teams.max_size)],
        "submissions": _submissions(definition),
        "feedback": map(_feedback, definition.phases),
        "split": [_split(definition)],
        "files": map(_file, files),
        "target": _target(definition),
        "metrics": map(_metric, definition.scoring.metrics),
        "ranking": _ranking(definition),
        "missing": _missing(definition),
        "uncertainty": _uncertainty(definition),
        "subgroups": _subgroups(definition),
        "protection": _protection(definition),
        "reproduction": [
            Message(
                "Each comes with a signed receipt that names the versions of definition, "
                "truth and scorer; the scorer is open source."
            )
        ],
    }


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


def _agreement(definition: ChallengeDefinition) -> Message:
    return Message(
        "To version `{version}` of the agreement on the page of rules; the "
        "platform keeps who accepted it, when, and a digest of its text.",
        version=definition.agreement.version,
    )


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


def _split(definition: ChallengeDefinition) -> Message:
    reference = definition.data.reference
    if reference is not None and reference.private is None:
        return Message(
            "Those of the hidden reference data, the same for public and for private scores."
        )
    if reference is not None:
        return Message(
            "Those of the hidden reference data: one part for public scores, another for private "
            "ones."
        )
    return Message(
        "Those of the hidden truth. Its column `{split}` says of each whether it "
        "is public, for scores while a phase is open, or private.",
        split=definition.data.split,
    )


def _file(file: PublicFile) -> Message:
    return Message(
        "`{name}`: {size:,} bytes, SHA-256 `{digest}`",
        name=file.name,
        size=file.size,
        digest=file.digest,
    )


def _target(definition: ChallengeDefinition) -> Iterator[Message]:
    if definition.submission.format == "files":
        yield Message("What the files of an archive say, which the organizers' own program reads.")
    for name, column in definition.submission.columns.items():
        yield Message("`{name}`, of type `{type}`", name=name, type=column.type)


def _metric(metric: MetricDefinition) -> Message:
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
    if definition.submission.format == "files":
        yield Message("What is missing in a submission, the organizers' own program decides.")
    elif definition.submission.objects is None:
        yield Message(
            "A submission that lacks a case, names one twice, or has an empty or infinite number "
            "is refused before it is scored."
        )
    else:
        yield Message("A case without a row is scored as one in which nothing was found.")
    yield Message("A score that is not defined is shown as such and never ranked.")


def _uncertainty(definition: ChallengeDefinition) -> Iterator[Message]:
    scoring = definition.scoring
    if scoring.program is not None:
        yield Message(
            "No score has an interval, since the organizers' own program gives one number each, "
            "and only teams of equal scores share a rank."
        )
        return
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


def _subgroups(definition: ChallengeDefinition) -> Iterator[Message]:
    for column in definition.data.subgroups:
        yield Message(
            "Scores are also computed by `{column}`, for groups of {least} or more.",
            column=column,
            least=definition.scoring.smallest_subgroup,
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
