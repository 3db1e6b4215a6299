"""What the documents of the scorers are made of: pydantic, or what stands for it in the sandbox."""

from typing import TYPE_CHECKING

try:
    from pydantic import (
        AfterValidator,
        BaseModel,
        ByteSize,
        ConfigDict,
        Field,
        FiniteFloat,
        JsonValue,
        NonNegativeInt,
        StrictInt,
        StringConstraints,
        TypeAdapter,
        ValidationError,
        WithJsonSchema,
        model_validator,
    )
except ImportError:
    if not TYPE_CHECKING:  # the types are those of pydantic
        from scorers.trusted import (
            AfterValidator,
            BaseModel,
            ByteSize,
            ConfigDict,
            Field,
            FiniteFloat,
            JsonValue,
            NonNegativeInt,
            StrictInt,
            StringConstraints,
            TypeAdapter,
            ValidationError,
            WithJsonSchema,
            model_validator,
        )

__all__ = [
    "AfterValidator",
    "BaseModel",
    "ByteSize",
    "ConfigDict",
    "Field",
    "FiniteFloat",
    "JsonValue",
    "NonNegativeInt",
    "StrictInt",
    "StringConstraints",
    "TypeAdapter",
    "ValidationError",
    "WithJsonSchema",
    "model_validator",
]
