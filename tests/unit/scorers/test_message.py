"""A message is its English text, and keeps what pages translate however it is carried about."""

import json
import pickle
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import asdict, dataclass

import pytest
from pydantic import BaseModel

from scorers.message import Message

MESSAGE = Message(
    "{name!r} has {count:,} rows{hint}",
    name="{x}.csv",
    count=1234,
    hint=Message("; add {more}", more=1),
)


@dataclass(frozen=True)
class Holder:
    told: Message


class Document(BaseModel):
    told: Message


def test_a_message_is_its_english_text() -> None:
    assert MESSAGE == "'{x}.csv' has 1,234 rows; add 1"
    assert json.dumps({"told": MESSAGE}) == '{"told": "\'{x}.csv\' has 1,234 rows; add 1"}'


def test_a_message_without_values_stands_as_it_is() -> None:
    assert Message("{x} and {{y}}") == "{x} and {{y}}"


@pytest.mark.parametrize(
    "carry",
    [
        copy,
        deepcopy,
        lambda message: pickle.loads(pickle.dumps(message)),  # noqa: S301 -- its own bytes
        lambda message: asdict(Holder(message))["told"],
        lambda message: Document(told=message).told,
        lambda message: Document(told=message).model_dump()["told"],
    ],
)
def test_a_message_keeps_its_template_and_values(carry: Callable[[Message], Message]) -> None:
    carried = carry(MESSAGE)

    assert carried == MESSAGE
    assert (carried.template, carried.values) == (MESSAGE.template, MESSAGE.values)
    assert isinstance(carried.values["hint"], Message)


def test_a_message_read_from_json_is_a_text_alone() -> None:
    read = Document.model_validate_json(Document(told=MESSAGE).model_dump_json()).told

    assert (read, read.template, read.values) == (MESSAGE, str(MESSAGE), {})
