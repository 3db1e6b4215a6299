"""Publications: everything that one version of a challenge consists of, its digest and its seal."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.power import Power
from challenge_platform.vault import Key

SAMPLE = "sample/"
"""How the names of public files begin that are a sample of hidden ones."""


@dataclass(frozen=True, kw_only=True)
class PublicFile:
    """A file that participants may download."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True)
class ProgramInput:
    """What programs find in /input: the SHA-256 and bytes of its tar.

    `object` is the encrypted tar of hidden files, None where they are the public files.
    """

    digest: str
    size: int
    object: str | None = None


@dataclass(frozen=True, kw_only=True)
class Publication:
    """Everything that one publication of a challenge consists of.

    `power` is what its pre-flight found that scores can tell, and `accepted` the codes of what it
    found that the definition accepts.
    """

    definition: ChallengeDefinition
    texts: dict[str, dict[str, str]]
    files: tuple[PublicFile, ...]
    truth_object: str
    truth_commitment: str
    release_recipient: str
    source_digest: str
    input: ProgramInput | None = None
    power: Power | None = None
    accepted: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what judges participants: definition, texts, files, truth, what is run on."""
        files = {file.name: {"digest": file.digest, "size": file.size} for file in self.files}
        return version_digest(
            self.definition.document(),
            self.texts,
            files,
            commitment=self.truth_commitment,
            input_digest=self.input.digest if self.input else None,
            power=self.power,
        )

    def seal(self, key: Key, /) -> str:
        """Give the seal by which the worker knows that web did not change the publication."""
        return key.seal(
            sealed_message(
                self.digest,
                truth_object=self.truth_object,
                input_object=self.input.object if self.input else None,
                release_recipient=self.release_recipient,
            )
        )


def version_digest(
    definition: dict[str, Any],
    texts: dict[str, Any],
    files: dict[str, Any],
    *,
    commitment: str,
    input_digest: str | None,
    power: Power | None,
) -> str:
    """Give the SHA-256 of what a version of a challenge consists of, as it is stored."""
    content = {"definition": definition, "texts": texts, "files": files, "truth": commitment}
    if input_digest is not None:  # versions of before there were programs keep their digests
        content["input"] = input_digest
    if power is not None:  # and so do those of before there was a pre-flight
        content["power"] = power.model_dump(mode="json")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def sealed_message(
    digest: str, *, truth_object: str, input_object: str | None, release_recipient: str
) -> bytes:
    """Write what a seal is of: the version, what the worker opens, to whom it encrypts."""
    sealed = ["challenge-version/1", digest, truth_object, release_recipient]
    return json.dumps([*sealed, *([input_object] if input_object else [])]).encode()
