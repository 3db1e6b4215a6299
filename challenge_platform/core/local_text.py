"""A text in each language that the platform speaks."""

from typing import Annotated

from pydantic import Field

from scorers.tables import Section

LANGUAGES = ("en", "fr")


class LocalText(Section):
    """A text, or the path of a file, in each language."""

    en: Annotated[str, Field(description="In English.")]
    fr: Annotated[str, Field(description="In French.")]

    def get(self, language: str, /) -> str:
        """Give the text in `language`, or in English where there is none."""
        return self.fr if language == "fr" else self.en
