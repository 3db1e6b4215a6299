"""What stands for pydantic in the scoring sandbox reads and writes the same documents."""

import json
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml

from scorers.definition import Task
from scorers.pictures.document import PICTURES
from scorers.trusted import BaseModel, Field, TypeAdapter, ValidationError
from tests.unit.scorers import sandboxed
from tests.web.pictures import one_of_each

CHALLENGES = sorted(Path(__file__).parents[3].glob("challenges/*/challenge.yaml"))

READ_AND_WRITE = """
import json
from scorers.definition import Task
from scorers.pictures.document import PICTURES
said = json.load(sys.stdin)
tasks = [Task.model_validate_json(text) for text in said["tasks"]]
assert all(task.scoring.methods and task.truth_table for task in tasks)
pictures = PICTURES.validate_json(said["pictures"])
told = {"tasks": [t.model_dump() for t in tasks], "pictures": [p.model_dump() for p in pictures]}
json.dump(told, sys.stdout)
"""


def test_the_tasks_of_all_challenges_and_all_pictures_come_back_as_they_were() -> None:
    tasks = [Task.from_challenge(yaml.safe_load(path.read_text())) for path in CHALLENGES]
    pictures = one_of_each("a", "b")
    given = {
        "tasks": [task.model_dump_json() for task in tasks],
        "pictures": PICTURES.dump_json(pictures).decode(),
    }

    done = sandboxed.run(READ_AND_WRITE, given=json.dumps(given).encode())

    assert done.stderr == b""
    told = json.loads(done.stdout)
    assert [Task.model_validate(task) for task in told["tasks"]] == tasks
    assert PICTURES.validate_python(told["pictures"]) == pictures


class Dot(BaseModel):
    """A model for the tests below."""

    kind: Literal["dot"] = "dot"
    at: tuple[float, float]


class Line(BaseModel):
    """Another one."""

    kind: Annotated[Literal["line"], Field(description="as definitions have it")]
    ends: tuple[Dot, ...]
    name_: Annotated[str, Field(alias="name")] = "unnamed"


SHAPES = TypeAdapter(tuple[Annotated[Dot | Line, Field(discriminator="kind")], ...])


def test_parts_are_read_by_their_annotations_and_written_as_they_were_read() -> None:
    text = '[{"kind":"dot","at":[1.5,2.0]},{"kind":"line","ends":[{"at":[0.0,0.0]}],"name":"l"}]'

    dot, line = SHAPES.validate_json(text)

    assert (dot, line.ends, line.name_) == (Dot(at=(1.5, 2.0)), (Dot(at=(0.0, 0.0)),), "l")
    assert line.model_dump_json(by_alias=True) == (
        '{"kind":"line","ends":[{"kind":"dot","at":[0.0,0.0]}],"name":"l"}'
    )
    assert line.model_copy(update={"name_": "m"}) == Line(kind="line", ends=line.ends, name_="m")
    assert line != dot


@pytest.mark.parametrize(
    "text",
    [
        '[{"kind": "circle"}]',
        '[{"kind": "dot"}]',
        '[{"kind": "dot", "at": [1, 2], "more": 3}]',
    ],
)
def test_what_lacks_a_part_or_has_one_too_many_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SHAPES.validate_json(text)


@pytest.mark.parametrize("text", ["[]", "no JSON", b"\xff", "1"])
def test_what_is_no_model_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValidationError):
        Dot.model_validate_json(text)


def test_a_number_that_is_not_finite_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        Dot(at=(float("nan"), 0.0)).model_dump_json()
