"""A challenge's public files described in Croissant 1.0, the metadata format of MLCommons.

The format is that of the Croissant Format Specification 1.0: schema.org's `Dataset` with a
`FileObject` for each file and a `RecordSet` for each table, whose fields are its columns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from challenge_platform.core.challenge import PublishedChallenge
from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.public_table import Holds, columns_of, meanings
from challenge_platform.core.publication import PublicFile
from challenge_platform.core.table_section import DICTIONARY
from challenge_platform.storage import ObjectStore

MEDIA_TYPE = "application/ld+json"
CONFORMS_TO = "http://mlcommons.org/croissant/1.0"

Columns = Mapping[str, Holds]
Json = dict[str, Any]

_TYPES = {Holds.INTEGER: "sc:Integer", Holds.FLOAT: "sc:Float", Holds.TEXT: "sc:Text"}
_FORMATS = {
    "csv": "text/csv",
    "zip": "application/zip",
    "json": "application/json",
    "txt": "text/plain",
    "md": "text/markdown",
    "png": "image/png",
    "tif": "image/tiff",
    "tiff": "image/tiff",
}
_OTHER_FORMAT = "application/octet-stream"


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Which publication of a challenge is described: its number, its day, and its address."""

    number: int
    day: date
    url: str


def described(challenge: PublishedChallenge, /, *, store: ObjectStore, public_url: str) -> Json:
    """Give the metadata of the files of a published challenge, which are in the store."""
    dictionary = next((file for file in challenge.files if file.name == DICTIONARY), None)
    return document(
        challenge.definition,
        files=challenge.files,
        edition=Edition(
            number=challenge.version.number,
            day=challenge.version.published_at.date(),
            url=f"{public_url}/challenges/{challenge.slug}",
        ),
        columns=lambda file: stored_columns(store, file),
        meant={} if dictionary is None else meanings(store.open(dictionary.digest)),
    )


@lru_cache(maxsize=256)
def stored_columns(store: ObjectStore, file: PublicFile, /) -> Columns | None:
    """Give the columns of a file in the store, which is read once: its digest is its name."""
    return columns_of(store.open(file.digest), size=file.size)


def document(
    definition: ChallengeDefinition,
    /,
    *,
    files: Sequence[PublicFile],
    edition: Edition,
    columns: Callable[[PublicFile], Columns | None],
    meant: Mapping[str, str],
) -> Json:
    """Give the metadata as JSON values.

    `columns` gives those of a file, None for one that is no table, and `meant` has what columns
    mean, by their names.
    """
    url, told = edition.url, definition.transparency
    found: Json = {
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": definition.title.en,
        "alternateName": definition.slug,
        "description": (definition.summary or definition.title).en,
        "inLanguage": ["en", "fr"],
        "url": url,
        "license": f"{url}/rules#join",
        "version": f"{edition.number}.0.0",
        "datePublished": edition.day.isoformat(),
        "isAccessibleForFree": True,
        "conditionsOfAccess": f"Files are given to who accepts the agreement at {url}/rules",
        "creator": {
            "@type": "sc:Organization",
            "name": told.organizers.en if told.organizers else "The organizers of the challenge",
            "url": f"{url}/transparency",
        },
        "citeAs": told.data_source.en if told.data_source else f"{definition.title.en}, {url}",
        "distribution": [_file(file, url=url) for file in files],
    }
    if records := list(_records(files, columns=columns, meant=meant)):
        found["recordSet"] = records
    return found


def context() -> Json:
    """Give the names of the format, as its specification has them."""
    own = (
        *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject"),
        *("fileProperty", "fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key"),
        *("md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace"),
        *("samplingRate", "separator", "source", "subField", "transform"),
    )
    return {
        "@language": "en",
        "@vocab": "https://schema.org/",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "dct": "http://purl.org/dc/terms/",
        "sc": "https://schema.org/",
        "conformsTo": "dct:conformsTo",
        **{name: f"cr:{name}" for name in own},
        "data": {"@id": "cr:data", "@type": "@json"},
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    }


def _file(file: PublicFile, *, url: str) -> Json:
    ending = file.name.rpartition(".")[2].lower()
    return {
        "@type": "cr:FileObject",
        "@id": _id(file.name),
        "name": file.name,
        "contentUrl": f"{url}/files/{quote(file.name)}",
        "contentSize": f"{file.size} B",
        "encodingFormat": _FORMATS.get(ending, _OTHER_FORMAT),
        "sha256": file.digest,
    }


def _records(
    files: Sequence[PublicFile],
    *,
    columns: Callable[[PublicFile], Columns | None],
    meant: Mapping[str, str],
) -> Iterator[Json]:
    """Describe each table; a file that is none has no records."""
    for file in files:
        found = columns(file) if file.name.lower().endswith(".csv") else None
        if found is not None:
            yield _record_set(file, found, meant=meant)


def _record_set(file: PublicFile, columns: Columns, /, *, meant: Mapping[str, str]) -> Json:
    records = f"records/{_id(file.name)}"
    return {
        "@type": "cr:RecordSet",
        "@id": records,
        "name": f"rows of {file.name}",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{records}/{_id(column)}",
                "name": column,
                **({"description": meant[column]} if column in meant else {}),
                "dataType": _TYPES[holds],
                "source": {"fileObject": {"@id": _id(file.name)}, "extract": {"column": column}},
            }
            for column, holds in columns.items()
        ],
    }


def _id(name: str) -> str:
    return quote(name, safe="/")
