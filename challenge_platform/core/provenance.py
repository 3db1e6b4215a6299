"""What a score was made with: the versions of definition, truth and scorer, by its receipt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ScoredWith:
    """The versions that a score names, so that it can be made again, and told from others.

    `version` is the number of the challenge's version and `definition` its digest; `truth` the
    commitment to the hidden truth; `scorer` the program with its version, and `image` the digest of
    the image that it ran in, None where it ran in none.
    """

    version: int
    definition: str
    truth: str
    scorer: str
    image: str | None

    @classmethod
    def of(cls, payload: Mapping[str, Any], /, *, version: int) -> "ScoredWith":
        """Take them out of what a receipt signs."""
        scorer = payload["scorer"]
        return cls(
            version=version,
            definition=payload["challenge"]["version"],
            truth=payload["truth"]["commitment"],
            scorer=f"{scorer['name']} {scorer['version']}",
            image=scorer.get("image"),
        )
