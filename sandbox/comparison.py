"""Whether an engine took every option as it was sent: a container that differs is not started."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.options import Options


def mismatches(sent: Options, inspected: Mapping[str, Any], /) -> list[str]:
    """Name the fields in which a created container differs from what was asked for; sorted.

    `inspected` is the answer to `GET /containers/{id}/json`. The engine must have mounted what was
    sent and nothing else, and must mask the kernel's files in /proc.
    """
    config, host = inspected.get("Config") or {}, inspected.get("HostConfig") or {}
    wrong = [name for name in sent if not _took(name, sent[name], config.get(name))]
    wrong.remove("HostConfig")
    asked = sent["HostConfig"]
    wrong += [f"HostConfig.{name}" for name in asked if not _same(asked[name], host.get(name))]
    required = {
        "Image id": inspected.get("Image") == sent["Image"],
        "Mounts": _mounted(inspected) == _sent_mounts(asked),
        "HostConfig.MaskedPaths": "/proc/kcore" in (host.get("MaskedPaths") or ()),
        "HostConfig.ReadonlyPaths": "/proc/sys" in (host.get("ReadonlyPaths") or ()),
    }
    return sorted(wrong + [name for name, kept in required.items() if not kept])


def _sent_mounts(host: Mapping[str, Any]) -> set[tuple[str, str, str, bool]]:
    return {
        (mount["Type"], mount["Source"], mount["Target"], not mount.get("ReadOnly", False))
        for mount in host["Mounts"]
    }


def _mounted(inspected: Mapping[str, Any]) -> set[tuple[str, str, str, bool]]:
    return {
        (
            mount.get("Type", ""),
            mount.get("Name") or mount.get("Source", ""),
            mount.get("Destination", ""),
            mount.get("RW", True),
        )
        for mount in inspected.get("Mounts") or ()
    }


def _took(name: str, asked: object, found: object) -> bool:
    """Whether the image's own settings, which the engine merges in, left ours as they were."""
    if name == "Labels" and isinstance(asked, Mapping) and isinstance(found, Mapping):
        return asked.items() <= found.items()
    if name == "Env" and isinstance(asked, Sequence) and isinstance(found, Sequence):
        return set(asked) <= set(found)
    if name == "Healthcheck" and isinstance(asked, Mapping) and isinstance(found, Mapping):
        return _same(asked["Test"], found.get("Test"))  # the rest is the image's, and of no effect
    return _same(asked, found)


def _same(asked: object, found: object) -> bool:
    """Whether two JSON values mean the same: absent, null and empty do, and the order of a list."""
    if not asked or not found:
        return not asked and not found
    if isinstance(asked, Mapping) and isinstance(found, Mapping):
        return all(_same(asked.get(key), found.get(key)) for key in asked.keys() | found.keys())
    if isinstance(asked, list) and isinstance(found, list):
        return sorted(map(_text, asked)) == sorted(map(_text, found))
    return asked == found


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
