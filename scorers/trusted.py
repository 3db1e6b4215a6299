"""What stands for pydantic in the scoring sandbox, where it is not: models that check nothing.

The platform validates a challenge before it is published, writes each request from it, and
validates each answer. In between nothing but this package handles the documents, so they are only
read and written here. Pydantic and its models took longer to load than numpy did.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias, Union, get_args, get_origin

ByteSize = NonNegativeInt = StrictInt = int
FiniteFloat = float
JsonValue: TypeAlias = Any
Kind: TypeAlias = Any
"""An annotation."""


class ValidationError(ValueError):
    """A document lacks a part, has one too many, or is no JSON."""

    def errors(self, **_include: bool) -> list[dict[str, Any]]:
        """Tell where and what it is, as pydantic does."""
        return [{"loc": (), "type": str(self)}]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What an annotation says beside the type, as far as reading and writing need it."""

    alias: str | None = None
    discriminator: str | None = None


def Field(*, alias: str | None = None, discriminator: str | None = None, **_said: object) -> Told:  # noqa: N802 -- the name that pydantic gives it
    """Take what is said about a part, and leave its limits and its description."""
    return Told(alias=alias, discriminator=discriminator)


def StringConstraints(**_said: object) -> None:  # noqa: N802 -- as above
    """Take limits of a text, and leave them."""


AfterValidator = WithJsonSchema = lambda _said: None
ConfigDict = dict


def model_validator(*, mode: Literal["after"]) -> Callable[[Kind], Kind]:
    """Take what checks a whole model, and never call it."""
    del mode
    return lambda check: check


class BaseModel:
    """A model of the annotated parts of its class."""

    _kinds: ClassVar[Mapping[str, Any]] = {}
    _names: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        own = vars(cls).get("__annotations__", {})
        told = {name: _told(kind) for name, kind in own.items()}
        cls._kinds = {**cls._kinds, **own}
        cls._names = {**cls._names, **{said.alias or name: name for name, said in told.items()}}

    def __init__(self, **values: JsonValue) -> None:
        for name in self._kinds:
            if name in values:
                vars(self)[name] = values.pop(name)
            elif hasattr(type(self), name):
                vars(self)[name] = getattr(type(self), name)
            else:
                raise ValidationError(f"{name} is missing")
        if values:
            raise ValidationError(f"{min(values)} is unknown")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(tuple(self._parts().values()))

    def _parts(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in self._kinds}

    @classmethod
    def model_validate(cls, values: Mapping[str, Any], /) -> Self:
        """Make the model of plain values; raise ValidationError if one lacks or is unknown."""
        named = {cls._names.get(name, name): value for name, value in values.items()}
        kinds = cls._kinds
        return cls(**{name: _read(kinds.get(name), value) for name, value in named.items()})

    @classmethod
    def model_validate_json(cls, text: str | bytes, /) -> Self:
        """Read the model; raise ValidationError if it is not one."""
        try:
            return cls.model_validate(json.loads(text))
        except (AttributeError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ValidationError(type(error).__name__) from None

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """Return the model with other values."""
        return type(self)(**{**self._parts(), **update})

    def model_dump(self, *, by_alias: bool = False) -> dict[str, Any]:
        """Return the model as plain values."""
        aliases = {name: alias for alias, name in self._names.items()} if by_alias else {}
        return {
            aliases.get(name, name): _plain(value, by_alias=by_alias)
            for name, value in self._parts().items()
        }

    def model_dump_json(self, *, by_alias: bool = False) -> str:
        """Write the model; raise ValueError for a number that is not finite."""
        plain = self.model_dump(by_alias=by_alias)
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class TypeAdapter:
    """What reads the values of any annotation."""

    def __init__(self, kind: Kind, /) -> None:
        self._kind = kind

    def __class_getitem__(cls, _kind: object) -> type:
        return cls

    def validate_python(self, values: JsonValue, /) -> JsonValue:
        """Make of plain values what the annotation says."""
        return _read(self._kind, values)

    def validate_json(self, text: str | bytes, /) -> JsonValue:
        """Read JSON as the annotation says; raise ValueError if it is none."""
        return _read(self._kind, json.loads(text))


def _origin(kind: Kind) -> object:
    return get_origin(kind)


def _told(kind: Kind) -> Told:
    said = kind.__metadata__ if _origin(kind) is Annotated else ()
    return next((one for one in said if isinstance(one, Told)), Told())


def _read(kind: Kind, value: JsonValue) -> JsonValue:
    """Make of a plain value what an annotation says; what is no plain value stays as it is."""
    if _origin(kind) is Annotated:
        inside, discriminator = kind.__origin__, _told(kind).discriminator
        if discriminator is not None and isinstance(value, Mapping):
            inside = _discriminated(inside, value, by=discriminator)
        return _read(inside, value)
    if _origin(kind) in {Union, UnionType}:
        # Parts that may be of several types are told apart, or are read alike.
        kinds = [each for each in get_args(kind) if each is not NoneType]
        return None if value is None else _read(kinds[0], value)
    if isinstance(value, list | tuple):
        return _read_row(kind, value)
    if isinstance(value, Mapping):
        return _read_mapping(kind, value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


def _discriminated(kinds: Kind, value: Mapping[str, Any], *, by: str) -> Kind:
    """Find which of some models a value is, by its part that each of them says is its own."""
    for model in get_args(kinds):
        literal = model._kinds[by]  # noqa: SLF001 -- of this module
        if _origin(literal) is Annotated:
            literal = literal.__origin__
        if value.get(by) in get_args(literal):
            return model
    raise ValidationError(f"{by} is unknown")


def _read_row(kind: Kind, value: Sequence[Any]) -> JsonValue:
    if _origin(kind) is not tuple:
        return value
    kinds = get_args(kind)
    if kinds[-1] is Ellipsis:
        return tuple(_read(kinds[0], one) for one in value)
    return tuple(map(_read, kinds, value))


def _read_mapping(kind: Kind, value: Mapping[str, Any]) -> JsonValue:
    if _origin(kind) in {dict, Mapping}:
        _, inside = get_args(kind)
        return {key: _read(inside, one) for key, one in value.items()}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_validate(value)
    return kind(**value) if isinstance(kind, type) and is_dataclass(kind) else value


def _plain(value: JsonValue, *, by_alias: bool) -> JsonValue:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=by_alias)
    if is_dataclass(value):
        return _plain(vars(value), by_alias=by_alias)
    if isinstance(value, Mapping):
        return {key: _plain(one, by_alias=by_alias) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_plain(one, by_alias=by_alias) for one in value)
    return value
