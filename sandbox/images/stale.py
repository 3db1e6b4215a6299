"""The images of earlier contents: which of them nothing needs any more, and their removal."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import docker
from docker.errors import APIError

from sandbox.images.content import REPOSITORY

# Of each image so many are left beside the current one, for a launcher that was started before
# this build and looks its image up by the name of then.
KEPT = 2


def stale_tags(
    found: Iterable[Mapping[str, Any]], /, *, current: Collection[str], used: Collection[str]
) -> list[str]:
    """Tell which of our tags may go: neither current nor used, nor among the newest of their name.

    `found` is the engine's list of images, `current` the tags of the contents of now, `used` the
    ids of the images of containers. Only names of `current` are ours: other images of the platform
    are not made here.
    """
    ours = {tag.partition(":")[0] for tag in current}
    by_name: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for image in found:
        for tag in image.get("RepoTags") or ():
            name = tag.rpartition(":")[0]
            if name in ours and tag not in current and image["Id"] not in used:
                by_name[name].append((image["Created"], tag))
    return [tag for tags in by_name.values() for _, tag in sorted(tags, reverse=True)[KEPT:]]


def prune(engine: docker.APIClient, /, *, current: Collection[str]) -> int:
    """Remove the stale tags, and what only they held; give their number."""
    used = {container["ImageID"] for container in engine.containers(all=True)}
    found = engine.images(name=f"{REPOSITORY}/*")
    removed = 0
    for tag in stale_tags(found, current=current, used=used):
        try:
            engine.remove_image(tag)
        except APIError as error:
            if error.status_code not in {404, 409}:  # gone, or a container has just been made of it
                raise
        else:
            removed += 1
    return removed
