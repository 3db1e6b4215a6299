"""Images made by hand, as `docker save` writes them or as somebody hostile would."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


def tarball(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Write a tar of these members."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content) if content else None)
    return written.getvalue()


def file(name: str, content: bytes = b"", /) -> tuple[tarfile.TarInfo, bytes]:
    """Give a regular file for `tarball`."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o755
    return member, content


def special(
    name: str, kind: bytes, /, *, link: str = "", major: int = 0, minor: int = 0
) -> tuple[tarfile.TarInfo, bytes]:
    """Give a folder, link, device or pipe for `tarball`."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode = kind, link, 0o755
    member.devmajor, member.devminor = major, minor
    return member, b""


def folder(name: str, /) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.DIRTYPE)


def symbolic_link(name: str, goal: str, /) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.SYMTYPE, link=goal)


def hard_link(name: str, goal: str, /) -> tuple[tarfile.TarInfo, bytes]:
    return special(name, tarfile.LNKTYPE, link=goal)


def digest(content: bytes, /) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class HandMadeImage:
    """An image of these uncompressed layers; what is set differently makes it hostile."""

    layers: Sequence[bytes] = (tarball(folder("app/"), file("app/main", b"#!/bin/sh\n")),)
    config: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    diff_ids: Sequence[str] | None = None
    tags: Sequence[str] | None = ("somebody/model:latest",)

    @property
    def document(self) -> bytes:
        """The image's own JSON, whose SHA-256 is its id."""
        diff_ids = self.diff_ids or [f"sha256:{digest(layer)}" for layer in self.layers]
        document: Json = {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["/app/main"], "Env": ["PATH=/bin"], **self.config},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            **self.settings,
        }
        return json.dumps(document).encode()

    @property
    def id(self) -> str:
        return f"sha256:{digest(self.document)}"

    def manifest(self) -> Json:
        """Give the image's entry in `manifest.json`."""
        layers = [f"{number}/layer.tar" for number in range(len(self.layers))]
        config = f"{digest(self.document)}.json"
        return {"Config": config, "RepoTags": self.tags, "Layers": layers}

    def files(self) -> dict[str, bytes]:
        """Give the files of the archive as Docker wrote them before its version 25."""
        files: dict[str, bytes] = {}
        for number, layer in enumerate(self.layers):
            files[f"{number}/VERSION"] = b"1.0"
            files[f"{number}/layer.tar"] = layer
        files[f"{digest(self.document)}.json"] = self.document
        return files | {"manifest.json": json.dumps([self.manifest()]).encode()}

    def saved(self, *extra: tuple[tarfile.TarInfo, bytes], **replaced: bytes) -> bytes:
        """Write the archive, with further members, and files whose content is another."""
        files = self.files() | replaced
        return tarball(*(file(name, content) for name, content in files.items()), *extra)

    def saved_as_oci(self, *, compressed: bool = True) -> bytes:
        """Write the archive as Docker has since its version 25, or its image store containerd."""
        blobs = [gzip.compress(layer) if compressed else layer for layer in self.layers]
        paths = [f"blobs/sha256/{digest(blob)}" for blob in blobs]
        config = f"blobs/sha256/{digest(self.document)}"
        entry: Json = {"Config": config, "RepoTags": self.tags, "Layers": paths, "LayerSources": {}}
        files = dict(zip(paths, blobs, strict=True)) | {
            config: self.document,
            "index.json": b'{"schemaVersion":2,"manifests":[]}',
            "manifest.json": json.dumps([entry]).encode(),
            "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        }
        members = [file(name, content) for name, content in files.items()]
        return tarball(folder("blobs/"), folder("blobs/sha256/"), *members)
