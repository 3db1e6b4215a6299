"""What a launcher leaves on the engine for its next start, which a test's platform never has."""

from pathlib import Path

from challenge_platform.cli.launcher import installation
from sandbox import SandboxUnavailable
from sandbox.cgroups import remove_all
from sandbox.engine import Engine


def remove_kept(folder: Path, /) -> None:
    """Remove the containers and volumes of the launcher whose socket was in this folder.

    It has ended: detached runs and kept files stay, and all else of one that was killed.
    """
    engine, label = Engine(), installation(folder)
    try:
        for container in engine.containers(label=label):
            engine.remove(container)
        for name in engine.volumes(label=label):
            engine.remove_volume(name)
        remove_all(label)
    except SandboxUnavailable:
        return  # there is no engine, or what was not removed is in use: the test's own matter
    finally:
        engine.close()
