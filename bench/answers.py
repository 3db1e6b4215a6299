"""Value and resamples of each metric on columns that are given: what must not depend on a machine.

`python -m bench.answers` reads a pickle of Asked from standard input, and writes one of the answers
to standard output. It draws nothing: a random number's logarithm may differ between machines too.
"""

import pickle
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.cases.case import Drawn, Question
from scorers.metric import Undefined, Vector, Weights

Answers = Mapping[str, Vector]
"""For each metric its value, and that of each resample after it."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Metrics on columns that they share, and the weights of the resamples."""

    questions: Sequence[Question]
    drawn: Drawn
    weights: Weights

    def answers(self) -> dict[str, Vector]:
        """Return the value of each metric, and the resamples after it."""
        found = {}
        for question in self.questions:
            measure = question.measure(self.drawn)
            value = np.nan if isinstance(measure.value, Undefined) else measure.value
            found[question.key] = np.concatenate([[value], measure.under(self.weights)])
        return found


def main() -> None:
    """Answer what is asked on standard input."""
    asked: list[Asked] = pickle.load(sys.stdin.buffer)  # noqa: S301 -- from the test that starts it
    answers: Answers = {key: vector for one in asked for key, vector in one.answers().items()}
    pickle.dump(answers, sys.stdout.buffer)


if __name__ == "__main__":
    main()
