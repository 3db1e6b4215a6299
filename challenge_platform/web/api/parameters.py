"""The parameters of an operation, in its address."""

from functools import cache
from typing import Any

from pydantic import BaseModel


class Parameters(BaseModel):
    """Parameters whose JSON schema is made once: flask-openapi3 asks for it at every request."""

    @classmethod
    def model_json_schema(cls, *arguments: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401 -- pydantic's own, passed on
        """Give the JSON schema; the plain one, without options, is the same object each time."""
        if arguments or options:
            return super().model_json_schema(*arguments, **options)
        return cls._plain_schema()

    @classmethod
    @cache
    def _plain_schema(cls) -> dict[str, Any]:
        return super().model_json_schema()
