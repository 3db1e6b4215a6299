"""The containers that submissions are scored in, alone: what they cost without a platform."""

from challenge_platform.core.scoring import SCORING_LIMITS
from sandbox import Run
from sandbox.container import Container
from sandbox.engine import Engine
from sandbox.options import Options, container_options

_RUN = Run(id="bench", runtime="scoring", limits=SCORING_LIMITS)


def scoring_options(engine: Engine, /, *, image: str) -> Options:
    """Give the options of a scoring sandbox, as the launcher has them."""
    return container_options(
        "bench",
        image=engine.image_id(image) or image,
        limits=SCORING_LIMITS,
        facts=engine.facts(),
        slot=0,
        label="bench",
    )


def make_and_remove(engine: Engine, options: Options, /) -> None:
    """Create a container, start it and remove it."""
    Container.prepare(engine, options=options).remove()


def import_numpy(engine: Engine, options: Options, /) -> None:
    """Create a container, have it import numpy and end, and remove it."""
    program = {"Entrypoint": ["python3", "-c", "import numpy"]}
    container = Container.prepare(engine, options=options | program)
    try:
        container.end(container.feed(_RUN, interrupts=[]).stop)
    finally:
        container.remove()
