"""Scores that a program of another wrote: numbers by key, or nothing."""

import time

import pytest

from challenge_platform.core.written_scores import InvalidScores, read_scores


@pytest.mark.parametrize(
    ("content", "scores"),
    [
        (b'{"a": 0.5, "b": 2}', {"a": 0.5, "b": 2.0}),
        (
            b"a: 0.5\n\n# of the second set\nset2 score : -1.5e-3\n",
            {"a": 0.5, "set2 score": -0.0015},
        ),
        (b"\xef\xbb\xbfa: .5\r\nb: 1.\r\n", {"a": 0.5, "b": 1.0}),
    ],
)
def test_scores_are_read(content: bytes, scores: dict[str, float]) -> None:
    assert read_scores(content) == scores


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no score"),
        (b"{}", "no score"),
        (b"[1]", "must be an object"),
        (b'{"a": "1"}', "no number"),
        (b'{"a": true}', "no number"),
        (b'{"a": NaN}', "no finite number"),
        (b'{"a": 1e999}', "no finite number"),
        (b'{"a": ' + b"9" * 400 + b"}", "too large"),
        (b'{"a": ' * 9_000, "no JSON"),
        (b"a: nan\n", "is not `key: number`"),
        (b"a: 1\na: 2\n", "gives 'a' again"),
        (b"a: !!python/name:os.system\n", "is not `key: number`"),
        (b"<<: *a\n", "is not `key: number`"),
        (b"\xff", "not in UTF-8"),
        (b"a: 1\n" * 20_000, "at most 65,536"),
        (b"\n".join(b"k%d: 1" % number for number in range(201)), "at most 200"),
    ],
)
def test_what_is_no_scores_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(InvalidScores, match=told):
        read_scores(content)


def test_a_hostile_line_takes_no_time() -> None:
    began = time.thread_time()

    for line in (b"a: " + b"1" * 60_000 + b"x", b" " * 60_000, b"a" * 60_000, b":" * 60_000):
        with pytest.raises(InvalidScores):
            read_scores(line)

    assert time.thread_time() - began < 2
