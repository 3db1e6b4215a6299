"""A text that remembers what it was made of, so that a page can say it in its reader's language."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


class Message(str):
    """A text in English, which is all that a log, the API and the command line see of it.

    `template` is a literal such as "there is no challenge {slug!r}", found in the catalogues of
    translations, and `values` fill its places; a value may be a message itself. A template without
    values is a text as it stands, braces included.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: object, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Keep a message in a document as it is; what is read from JSON is a text alone."""
        from pydantic_core import core_schema  # noqa: PLC0415 -- only pydantic calls this

        return core_schema.no_info_wrap_validator_function(
            lambda value, read: value if isinstance(value, cls) else cls(read(value)),
            handler(str),
        )
