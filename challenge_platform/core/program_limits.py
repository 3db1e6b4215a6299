"""What a program of a challenge may use, on the platform and at home alike."""

from challenge_platform.core.definition import ChallengeDefinition
from sandbox import Limits


def limits_of(definition: ChallengeDefinition, /) -> Limits:
    """Give what a program may use."""
    asked = definition.limits
    return Limits(
        seconds=asked.seconds,
        memory=int(asked.memory),
        cpus=asked.cpus,
        processes=asked.processes,
        scratch=int(asked.scratch),
        gpus=asked.gpus,
        file=int(definition.submission.max_bytes),
    )
