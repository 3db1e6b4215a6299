"""What client and launcher send each other: a line of JSON, then raw bytes.

The bytes after a run are its stdin; those after an outcome are stdout, the log and the file.

Decoding trusts nobody: exactly the known keys, each of its type, or ValueError.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from types import UnionType
from typing import Any

from sandbox import End, Limits, Outcome, Run, Status, Usage

_LINE = 64 * 1024

_Kinds = Mapping[str, type | UnionType]

_RUN: _Kinds = {
    "id": str,
    "runtime": str,
    "limits": dict,
    "files": str | None,
    "weights": str | None,
    "collect": str | None,
    "hidden": bool,
    "answers": bool,
}
_LIMITS: _Kinds = {
    "seconds": int | float,
    "memory": int,
    "cpus": int | float,
    "processes": int,
    "scratch": int,
    "output": int,
    "file": int,
    "gpus": int,
}
_OUTCOME: _Kinds = {
    "end": str,
    "exit_code": int | None,
    "seconds": int | float,
    "image": str,
    "timings": dict,
    "usage": dict,
    "sizes": dict,
}
_USAGE: _Kinds = {
    "cpu_seconds": int | float | None,
    "peak_memory": int | None,
    "wall_seconds": int | float,
    "output_bytes": int,
}
_SIZES: _Kinds = {"output": int, "log": int, "file": int | None}
_STATUS: _Kinds = {
    "version": str,
    "engine": dict | None,
    "runtimes": dict,
    "active": list,
    "slots": int,
    "pool": dict,
    "problems": list,
    "notes": list,
    "selftest": str,
}


def encode_run(run: Run, /) -> bytes:
    """Give a run as the body of `POST /runs`."""
    head = asdict(run)
    del head["input"]
    return _line(head) + run.input


def decode_run(body: bytes, /) -> Run:
    """Read a run from the body of `POST /runs`. Raises ValueError when it is not one."""
    line, _, data = body.partition(b"\n")
    head = _object(line, kinds=_RUN)
    limits = _checked(head.pop("limits"), kinds=_LIMITS)
    return Run(**head, limits=Limits(**limits), input=data)


def encode_outcome(outcome: Outcome, /) -> bytes:
    """Give an outcome as the answer to `POST /runs`."""
    head = {
        "end": outcome.end,
        "exit_code": outcome.exit_code,
        "seconds": outcome.seconds,
        "image": outcome.image,
        "timings": dict(outcome.timings),
        "usage": asdict(outcome.usage),
        "sizes": {
            "output": len(outcome.output),
            "log": len(outcome.log),
            "file": None if outcome.file is None else len(outcome.file),
        },
    }
    return b"".join((_line(head), outcome.output, outcome.log, outcome.file or b""))


def decode_outcome(body: bytes, /) -> Outcome:
    """Read an outcome from the answer to `POST /runs`. Raises ValueError when it is not one."""
    line, _, rest = body.partition(b"\n")
    head = _object(line, kinds=_OUTCOME)
    usage = Usage(**_checked(head.pop("usage"), kinds=_USAGE))
    sizes = _checked(head.pop("sizes"), kinds=_SIZES)
    output, log, file = sizes["output"], sizes["log"], sizes["file"]
    if min(output, log, file or 0) < 0 or output + log + (file or 0) != len(rest):
        raise ValueError(f"{len(rest)} bytes follow the line of JSON, which announces {sizes}")
    return Outcome(
        **head | {"end": End(head["end"])},
        output=rest[:output],
        log=rest[output : output + log],
        file=None if file is None else rest[output + log :],
        usage=usage,
    )


def encode_status(status: Status, /) -> bytes:
    """Give a status as the answer to `GET /status`."""
    return _line(asdict(status))


def decode_status(body: bytes, /) -> Status:
    """Read a status from the answer to `GET /status`. Raises ValueError when it is not one."""
    head = _object(body, kinds=_STATUS)
    return Status(**head | {key: tuple(head[key]) for key in ("active", "problems", "notes")})


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes, *, kinds: _Kinds) -> dict[str, Any]:
    if len(line) > _LINE:
        raise ValueError(f"the line of JSON has {len(line)} bytes; at most {_LINE} are expected")
    try:
        return _checked(json.loads(line), kinds=kinds)
    except RecursionError:
        raise ValueError("the line of JSON is nested too deeply") from None


def _checked(value: object, *, kinds: _Kinds) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != kinds.keys():
        raise ValueError(f"expected an object with the keys {', '.join(kinds)}")
    for key, kind in kinds.items():
        if isinstance(value[key], bool) is not (kind is bool) or not isinstance(value[key], kind):
            raise ValueError(f"{key!r} is not {kind}: {value[key]!r:.80}")
    return value
