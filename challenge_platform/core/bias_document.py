"""The answered questions of the BIAS statement as JSON for programs, and as Markdown to read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from challenge_platform.core.bias import Answer, Chapter, unanswered
from challenge_platform.core.local_text import LocalText

UNANSWERED = "Not answered"


def document(chapters: Sequence[Chapter], /) -> dict[str, Any]:
    """Give the report as JSON values; what the organizers said is there in each language."""
    return {
        "chapters": [
            {
                "title": str(chapter.title),
                "questions": [
                    {
                        "key": question.key,
                        "question": str(question.asks),
                        "answers": [_values(answer) for answer in question.answers],
                    }
                    for question in chapter.questions
                ],
            }
            for chapter in chapters
        ],
        "unanswered": [question.key for question in unanswered(chapters)],
    }


def markdown(chapters: Sequence[Chapter], /, *, title: str) -> str:
    """Give the report as English Markdown that ends with the questions nobody answered."""
    return "\n\n".join(_parts(chapters, title=title)) + "\n"


def _values(answer: Answer) -> Mapping[str, str] | str:
    return answer.model_dump() if isinstance(answer, LocalText) else str(answer)


def _parts(chapters: Sequence[Chapter], *, title: str) -> Iterator[str]:
    yield f"# {title}"
    for chapter in chapters:
        yield f"## {chapter.title}"
        for question in chapter.questions:
            yield f"### {question.asks}"
            yield from (_text(answer) for answer in question.answers)
            if not question.answers:
                yield f"*{UNANSWERED}.*"
    if missing := unanswered(chapters):
        yield f"## {UNANSWERED}"
        yield "\n".join(f"- {question.asks}" for question in missing)


def _text(answer: Answer) -> str:
    return (answer.en if isinstance(answer, LocalText) else str(answer)).strip()
