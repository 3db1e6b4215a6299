"""`challenge new`: the folder of a challenge whose data are a table, ready to be checked."""

import datetime as dt
import json
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from challenge_platform.cli.flaws import DEFINITION
from challenge_platform.cli.organizer import Challenges
from challenge_platform.core.definition import Slug
from challenge_platform.errors import InvalidInput
from challenge_platform.spreadsheet.dictionary import number
from challenge_platform.spreadsheet.sheet import Sheet, read_sheet

SCAFFOLD = Path(__file__).parent / "scaffold"
MOST_CLASSES = 30
"""Values of a target that are taken for classes; of more, it must be a number."""

MASK = '{type: mask, member: "{id}.png", shape: [height, width], labels: [255]}'
"""A target of masks as ImageJ draws them."""

_SLUG: TypeAdapter[str] = TypeAdapter(Slug)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ .-]*")
_WORDS_OF_YAML = {"y", "n", "yes", "no", "true", "false", "on", "off", "null"}

app = typer.Typer()


@app.command("new")
def new_challenge(
    slug: Annotated[str, typer.Argument(help="Its name in addresses, such as skin-lesions.")],
    *,
    source: Annotated[
        Path, typer.Option("--from", help="Folder with the table, and with the pictures.")
    ],
    table: Annotated[str, typer.Option(help="The table in it, a .xlsx or .csv file.")],
    row: Annotated[str, typer.Option("--id", help="Column that names each row.")],
    target: Annotated[str, typer.Option(help="Column to predict.")],
    group: Annotated[
        str | None, typer.Option(help="Column, such as the patient, whose rows stay together.")
    ] = None,
    files: Annotated[
        str | None, typer.Option(help="Folder of the pictures in it, one for each row.")
    ] = None,
    file: Annotated[
        str | None, typer.Option(help="Column with the name of the picture, if not that of --id.")
    ] = None,
    masks: Annotated[
        str | None,
        typer.Option(help="Folder of masks in it; the column to predict has their names."),
    ] = None,
    challenges: Challenges = Path("challenges"),
) -> None:
    """Make the folder of a challenge from a spreadsheet; nothing is copied from it or published.

    Columns that you did not name are not shown to participants: in challenge.yaml, move those
    that they may see from `drop` to `features`.
    """
    try:
        _SLUG.validate_python(slug)
    except ValidationError as error:
        raise InvalidInput(
            f"{slug!r} is not a name for addresses; use small letters, digits and single hyphens, "
            "64 of them at most"
        ) from error
    folder = challenges / slug
    if folder.exists():
        raise InvalidInput(f"{folder} exists already; choose another name, or remove it")
    sheet = read_sheet(source / table)
    roles = {"--id": row, "--target": target, "--group": group, "--file": file}
    for option, column in roles.items():
        if column is not None and column not in sheet.header:
            raise InvalidInput(
                f"{sheet.name} has no column {column!r}, which {option} names; it has "
                f"{', '.join(sheet.header)}"
            )
    kind = None if masks else _kind(sheet, target)
    data = [
        *_data(table, row=row, target=target, group=group, files=files, file=file, classes=kind),
        *([f"masks: {_yaml(masks)}", f"columns: {{{_yaml(target)}: {MASK}}}"] if masks else []),
    ]
    others = [name for name in sheet.header if name not in roles.values()]
    _write(
        folder,
        values={
            "slug": slug,
            "title": slug.replace("-", " ").capitalize(),
            "id": _yaml(row),
            "target": _yaml(target),
            "id_repr": repr(row),
            "target_repr": repr(target),
            "data": "\n".join(f"  {line}" for line in [*data, *_unshown(others)]),
            "opens": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:00:00+00:00"),
            **(_drawn(target) if masks else _scored(target, kind)),
        },
        with_baseline=masks is None,
    )
    typer.echo(f"{folder}: made; next, read {folder / DEFINITION} and replace every TODO, then")
    place, here = quote(str(source)), quote(str(challenges))
    typer.echo(f"  challenge lint {quote(str(folder))} --from {place}")
    typer.echo(f"  challenge data build {slug} --challenges {here} --from {place}")


def _kind(sheet: Sheet, target: str) -> tuple[str, ...] | None:
    """Give the classes of the target, or None if it is a number."""
    held = sorted({cell for cell in sheet.column(target) if cell})
    if all(number(cell) is not None for cell in held):
        few = len(held) <= MOST_CLASSES and all(map(_is_whole, held))
        return tuple(sorted(held, key=int)) if few else None
    if len(held) > MOST_CLASSES:
        raise InvalidInput(
            f"{sheet.name}, column {target} has {len(held)} different texts: neither numbers nor "
            f"up to {MOST_CLASSES} classes; write a recipe, or another column"
        )
    return tuple(held)


def _is_whole(cell: str) -> bool:
    return cell.isdecimal() and str(int(cell)) == cell


def _data(
    table: str,
    *,
    row: str,
    target: str,
    group: str | None,
    files: str | None,
    file: str | None,
    classes: Sequence[str] | None,
) -> Iterator[str]:
    """Give the lines of the section `data`, but for the columns that nobody named."""
    yield f"table: {_yaml(table)}"
    if files is not None:
        yield f"files: {_yaml(files)}"
    if file not in (None, row):
        yield f"file: {_yaml(file or '')}"
    yield f"targets: [{_yaml(target)}]"
    shares = ["test: 0.3", "public: 0.3"]
    shares += [f"stratify: {_yaml(target)}"] if classes else []
    shares += [f"group: {_yaml(group)}"] if group not in (None, row) and group else []
    yield f"split: {{{', '.join(shares)}}}"
    if classes:
        yield f"columns: {{{_yaml(target)}: {_label(classes)}}}"


def _unshown(columns: Sequence[str]) -> Iterator[str]:
    yield "features: [] # columns that participants see; move them here from drop"
    yield f"drop: [{', '.join(map(_yaml, columns))}] # columns that nobody sees"


def _scored(target: str, classes: Sequence[str] | None) -> Mapping[str, str]:
    """Give what depends on the kind of target: its type, a metric, and the simplest answer."""
    name = _yaml(target)
    if classes is None:
        return {
            "type": "{type: float}",
            "metric": "{key: score, metric: mae, primary: true, "
            f"params: {{value: {name}, predicted: {name}}}}}",
            "answer": "statistics.median(map(float, known))",
            **_of_cells("Median of train.csv"),
        }
    return {
        "type": _label(classes),
        "metric": "{key: score, metric: balanced_accuracy, primary: true, "
        f"params: {{label: {name}, predicted: {name}, classes: {_classes(classes)}}}}}",
        "answer": "statistics.mode(known)",
        **_of_cells("Most frequent class"),
    }


def _of_cells(baseline: str) -> Mapping[str, str]:
    return {
        "sent": "file: predictions.csv",
        "baselines": f"baselines:\n  - {{name: {baseline}, path: baseline/simple}} "
        "# expect: {score: {min: …, max: …}} once it was scored",
    }


def _drawn(target: str) -> Mapping[str, str]:
    """Give what depends on a target of masks; they have no simplest answer yet."""
    name = _yaml(target)
    return {
        "type": MASK,
        "sent": "format: archive\n  file: predictions.zip",
        "metric": "{key: score, metric: dice, primary: true, "
        f"params: {{mask: {name}, predicted: {name}, labels: [255]}}}}",
        "baselines": "baselines: []",
    }


def _label(classes: Sequence[str]) -> str:
    return f"{{type: label, classes: {_classes(classes)}}}"


def _classes(classes: Sequence[str]) -> str:
    numbers = all(map(_is_whole, classes))
    return f"[{', '.join(each if numbers else _yaml(each) for each in classes)}]"


def _yaml(text: str) -> str:
    """Write a text as YAML: in quotes, unless it can be nothing else."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML and text == text.strip()
    return text if plain else json.dumps(text, ensure_ascii=False)


def _write(folder: Path, *, values: Mapping[str, str], with_baseline: bool) -> None:
    """Write the files of the folder from their templates."""
    made = {"challenge.yaml.txt": DEFINITION}
    if with_baseline:
        made["predict.py.txt"] = "baseline/simple/predict.py"
    for inner in ("pages", *(["baseline/simple"] if with_baseline else [])):
        (folder / inner).mkdir(parents=True)
    for template, name in made.items():
        text = (SCAFFOLD / template).read_text(encoding="utf-8")
        (folder / name).write_text(string.Template(text).safe_substitute(values), encoding="utf-8")
    for page in sorted(SCAFFOLD.glob("*.md")):
        place = folder if page.name.startswith("agreement") else folder / "pages"
        (place / page.name).write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
