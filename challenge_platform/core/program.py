"""The part of challenge.yaml about code and containers: what runs them, and on what they run."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated

from pydantic import ByteSize, Field

from challenge_platform.core.features import Features, check_features
from scorers.tables import Section, Size

PREDICTIONS = "predictions"
PROGRAMS = ("code", "container")
"""The kinds that are run to make predictions."""


class Program(Section):
    """What runs a team's code or container, and what of it is kept."""

    runtime: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9][a-z0-9-]{0,63}$",
            description="The image of the platform's that code runs in.",
        ),
    ] = "python"
    max_bytes: Annotated[
        Size, Field(gt=0, description="Largest archive of code, such as `50MB`.")
    ] = ByteSize(50_000_000)
    image_max_bytes: Annotated[
        Size, Field(gt=0, description="Largest image of a container, such as `10GB`.")
    ] = ByteSize(10_000_000_000)
    weights_max_bytes: Annotated[
        Size,
        Field(
            ge=0,
            description="Largest archive of weights beside code or an image, packed and unpacked, "
            "such as `20GB`; 0 takes none. It is read-only in `/weights`.",
        ),
    ] = ByteSize(0)
    seconds_per_id: Annotated[
        float | None,
        Field(
            gt=0,
            description="Seconds that a program should take at most for each id. A longer time is "
            "marked beside its run, and nothing is refused for it.",
        ),
    ] = None
    features: Annotated[
        Features | None,
        Field(
            description="From which columns programs may and must predict, which is audited by "
            "running them again on changed tables."
        ),
    ] = None
    log_bytes: Annotated[
        Size,
        Field(
            ge=0,
            description="How much of what programs say on hidden input is kept for the "
            "organizers, of all submissions together.",
        ),
    ] = ByteSize(10_000_000)


def check_program(
    program: Program | None,
    /,
    *,
    kinds: Collection[str],
    hidden: Sequence[str],
    public: Collection[str],
    ids: str,
    targets: Collection[str],
) -> None:
    """Raise ValueError, with the place and the repair, unless what kinds need is there.

    `hidden` and `public` are `data.input` and `data.public`, `ids` is `submission.ids`, `targets`
    are `submission.columns`.
    """
    run = [kind for kind in PROGRAMS if kind in kinds]
    if run and program is None:
        raise ValueError(
            f"submission.kinds has {run[0]}, and nothing says what runs it; add "
            f"`program: {{runtime: python}}`, or take {run[0]} out of submission.kinds"
        )
    for name, given in (("program", program is not None), ("data.input", bool(hidden))):
        if given and not run:
            raise ValueError(
                f"{name} is about what is run, and submission.kinds has neither code nor "
                f"container; add one of them there, or take {name} out"
            )
    if repeated := [name for name, count in Counter(hidden).items() if count > 1]:
        raise ValueError(f"data.input names {repeated[0]!r} twice; name each file once")
    _check_ids(ids, kinds=kinds, hidden=hidden, public=public)
    if program is not None and program.features is not None:
        check_features(program.features, targets=targets, kinds=kinds)


def _check_ids(
    ids: str, *, kinds: Collection[str], hidden: Sequence[str], public: Collection[str]
) -> None:
    """Raise ValueError unless whoever predicts, a person or a program, can read the ids."""
    if not ids:  # of files that only the organizers' program reads
        return
    if hidden and ids not in hidden:
        raise ValueError(
            f"submission.ids names {ids!r}, which is not in data.input: programs find no other "
            f"files in /input; add {ids!r} to data.input, or name a file that is there"
        )
    if ids not in public and (PREDICTIONS in kinds or not hidden):
        raise ValueError(
            f"submission.ids names {ids!r}, not a public file; add {ids!r} to data.public, or "
            "name a file that is there"
        )
