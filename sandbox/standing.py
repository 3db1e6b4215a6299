"""What a launcher tells of itself when it is asked."""

from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

from sandbox import SandboxUnavailable, Status
from sandbox.facts import shortcomings
from sandbox.pool import Pool
from sandbox.workshop import Workshop


def status_of(workshop: Workshop, /, *, pool: Pool, active: Sequence[str], slots: int) -> Status:
    """Ask the engine anew what could run now, and tell what is under way and ready."""
    engine, images, problems = None, dict.fromkeys(workshop.runtimes), []
    try:
        facts = workshop.facts()
        engine, problems = asdict(facts), shortcomings(facts)
        tags = workshop.runtimes.items()
        images = {name: workshop.engine.image_id(tag) for name, tag in tags}
        problems += [workshop.missing(name) for name, image in images.items() if image is None]
    except SandboxUnavailable as error:
        problems.append(str(error))
    return Status(
        version=version("challenge-platform"),
        engine=engine,
        runtimes=images,
        active=tuple(active),
        slots=slots,
        pool={"ready": pool.ready, "memory": pool.memory, **pool.counts},
        problems=tuple(problems),
        notes=workshop.notes(),
    )
