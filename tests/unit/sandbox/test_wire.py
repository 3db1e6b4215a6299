"""What client and launcher send each other comes back whole, and nothing else is taken."""

import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox import End, Limits, Outcome, Run, Status, Usage
from sandbox.wire import (
    decode_outcome,
    decode_run,
    decode_status,
    encode_outcome,
    encode_run,
    encode_status,
)

RUN = Run(id="run-1", runtime="scoring", limits=Limits(seconds=1.5), input=b"\x00line\n{}\n\xff")
DETACHED = Run(
    id="run-2",
    runtime="sha256:" + "0" * 64,
    limits=Limits(file=1 << 20),
    files="a" * 64,
    weights="b" * 64,
    collect="predictions.csv",
    hidden=True,
)
OUTCOME = Outcome(
    end=End.TIMED_OUT,
    output=b"{}\n\n\x00",
    log=b"\nsaid",
    file=b"id,p\n",
    usage=Usage(cpu_seconds=0.25, peak_memory=1 << 20, wall_seconds=1.5, output_bytes=9),
    exit_code=None,
    seconds=1.25,
    image="sha256:0",
    timings={"create": 0.5},
)
STATUS = Status(
    version="1",
    engine={"cpus": 2, "seccomp": True},
    runtimes={"scoring": "sha256:0", "other": None},
    active=("run-1",),
    slots=4,
    pool={"ready": 2, "hits": 7, "misses": 1},
    problems=("no image",),
    selftest="contained",
)


def test_a_run_comes_back_whole() -> None:
    assert decode_run(encode_run(RUN)) == RUN
    assert decode_run(encode_run(DETACHED)) == DETACHED


@pytest.mark.parametrize("end", End)
def test_an_outcome_comes_back_whole(end: End) -> None:
    outcome = Outcome(end=end, output=b"\n", exit_code=0, seconds=0, image="sha256:0", timings={})

    assert decode_outcome(encode_outcome(outcome)) == outcome
    assert decode_outcome(encode_outcome(OUTCOME)) == OUTCOME


def test_an_empty_file_is_not_taken_for_none() -> None:
    empty = replace(OUTCOME, file=b"")

    assert decode_outcome(encode_outcome(empty)).file == b""


def test_a_status_comes_back_whole() -> None:
    assert decode_status(encode_status(STATUS)) == STATUS


def head(**changes: Any) -> bytes:
    line = json.loads(encode_run(RUN).partition(b"\n")[0])
    line["limits"] |= changes.pop("limits", {})
    return json.dumps(line | changes).encode() + b"\ninput"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n",
        b"no json\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 20_000 + b"\n",
        b" " * 100_000 + encode_run(RUN),
        head(id=1),
        head(id=""),
        head(id="a/../b"),
        head(id="x" * 65),
        head(id="Upper"),
        head(runtime="challenge-platform/scoring:latest"),
        head(runtime=None),
        head(image="sha256:0"),
        head(runtime="sha256:0"),
        head(runtime="sha256:" + "0" * 64),  # which gets no stdin, and is given some
        head(files="A" * 64),
        head(files=True),
        head(collect=""),
        head(collect="../predictions.csv"),
        head(collect=".hidden"),
        head(collect="a\nb"),
        head(limits={"seconds": 0}),
        head(limits={"seconds": "1"}),
        head(limits={"seconds": float("nan")}),
        head(limits={"seconds": float("inf")}),
        head(limits={"memory": -1}),
        head(limits={"memory": 1.5}),
        head(limits={"processes": True}),
        head(limits={"network": 1}),
    ],
)
def test_anything_else_is_no_run(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_run(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"end": "won"},
        {"exit_code": "0"},
        {"seconds": None},
        {"score": 1.0},
        {"usage": {"cpu_seconds": 1}},
        {"sizes": {"output": 5, "log": 0, "file": None}},
        {"sizes": {"output": -1, "log": 1, "file": None}},
    ],
)
def test_anything_else_is_no_outcome(changes: dict[str, object]) -> None:
    line, _, _ = encode_outcome(OUTCOME).partition(b"\n")

    with pytest.raises(ValueError, match=r"."):
        decode_outcome(json.dumps(json.loads(line) | changes).encode() + b"\n")
