"""The challenge `nafld-progression` as its participants meet it: definition, pages, baselines."""

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from challenge_platform.core.definition import ChallengeDefinition
from challenge_platform.core.definition_file import read_definition
from sandbox.images.content import runtimes
from scorers import evaluate
from scorers.definition import Task
from scorers.document import Evaluation
from scorers.predictions.table import read_ids, read_predictions

Rows = list[dict[str, str]]
Built = tuple[Path, bytes]
Read = Callable[[bytes], Rows]
Concordances = Callable[[Rows, Sequence[float], Sequence[float]], tuple[float, float]]

# What each baseline reaches: C_event and C_death on the public and on the private part.
MEASURED = {
    "Age alone": {"public": (0.73869, 0.73865), "private": (0.69651, 0.78029)},
    "Gradient boosting": {"public": (0.75470, 0.79764), "private": (0.68378, 0.80918)},
}


@pytest.fixture(scope="module")
def definition(folder: Path) -> ChallengeDefinition:
    return read_definition(folder / "challenge.yaml")


@pytest.fixture(scope="module")
def predictions(
    folder: Path,
    definition: ChallengeDefinition,
    built: Built,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, bytes]:
    """Give the predictions file of each baseline, made from the public files alone."""
    files = {}
    for baseline in definition.baselines:
        out = tmp_path_factory.mktemp("baseline") / "predictions.csv"
        _run(folder / baseline.path / "predict.py", built[0], out)
        files[baseline.name] = out.read_bytes()
    return files


@pytest.fixture(scope="module")
def reached(
    predictions: dict[str, bytes], people: Rows, read: Read, concordances: Concordances
) -> dict[tuple[str, str], tuple[float, float]]:
    """Give C_event and C_death of each baseline on each part."""
    found = {}
    for name, data in predictions.items():
        risks = {row["patient_id"]: row for row in read(data)}
        for usage in ("public", "private"):
            part = [row for row in people if row["usage"] == usage]
            mine = [risks[row["patient_id"]] for row in part]
            event, death = (
                [float(row[column]) for row in mine] for column in ("risk_event", "risk_death")
            )
            found[name, usage] = concordances(part, event, death)
    return found


@pytest.fixture(scope="module")
def evaluations(
    definition: ChallengeDefinition, built: Built, predictions: dict[str, bytes]
) -> dict[str, Evaluation]:
    """Give what our scorer finds for each baseline."""
    return {
        name: evaluate(definition.task, truth=built[1], predictions=data, seed=1)
        for name, data in predictions.items()
    }


def _run(script: Path, public: Path, out: Path) -> str:
    command = [sys.executable, "-W", "error", str(script), str(public), str(out)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_definition_is_the_one_the_issue_asks_for(definition: ChallengeDefinition) -> None:
    event, death, score = definition.scoring.metrics

    assert definition.submission.kinds == ("predictions", "code")
    assert definition.program is not None
    assert definition.program.runtime in runtimes()
    assert set(definition.submission.columns) == {"risk_event", "risk_death"}
    assert (event.metric, event.params["where"]) == ("harrell_c", "at_risk")
    assert (death.metric, death.params.get("where")) == ("harrell_c", None)
    assert (score.primary, score.params) == (True, {"c_event": 0.7, "c_death": 0.3})
    assert [(phase.key, phase.closes) for phase in definition.phases] == [("development", None)]


def test_the_scorer_takes_its_task_from_the_definition(
    folder: Path, definition: ChallengeDefinition
) -> None:
    document = yaml.safe_load((folder / "challenge.yaml").read_text("utf-8"))

    assert Task.from_challenge(document) == definition.task


def test_the_definition_names_the_columns_and_files_that_there_are(
    folder: Path, definition: ChallengeDefinition, built: Built, read: Read
) -> None:
    public, truth = built
    data, pages = definition.data, definition.pages
    files = (pages.overview, pages.data, pages.evaluation, pages.rules, definition.agreement.file)
    texts = [text for text in files if text is not None]
    columns = {data.unit, data.split, *data.subgroups}

    assert {path.name for path in public.iterdir()} == set(data.public)
    assert columns <= set(read(truth)[0])
    for name in (data.recipe or "", *(name for text in texts for name in (text.en, text.fr))):
        assert (folder / name).is_file()


def test_every_baseline_of_the_folder_is_declared(
    folder: Path, definition: ChallengeDefinition
) -> None:
    there = {str(path.parent.relative_to(folder)) for path in folder.glob("baseline/*/predict.py")}

    assert there == {baseline.path for baseline in definition.baselines}
    assert MEASURED.keys() == {baseline.name for baseline in definition.baselines}


@pytest.mark.parametrize("name", MEASURED)
def test_a_baseline_writes_valid_predictions(
    name: str, definition: ChallengeDefinition, built: Built, predictions: dict[str, bytes]
) -> None:
    ids = read_ids((built[0] / "test.csv").read_bytes(), id_column=definition.submission.id)

    found = read_predictions(predictions[name], submission=definition.submission, ids=ids)

    assert found.ids == ids
    assert set(found.columns) == {"risk_event", "risk_death"}


@pytest.mark.parametrize("usage", ["public", "private"])
@pytest.mark.parametrize("name", MEASURED)
def test_a_baseline_reaches_what_is_expected_of_it(
    name: str,
    usage: str,
    definition: ChallengeDefinition,
    reached: dict[tuple[str, str], tuple[float, float]],
) -> None:
    [baseline] = [baseline for baseline in definition.baselines if baseline.name == name]
    event, death = reached[name, usage]

    assert (event, death) == pytest.approx(MEASURED[name][usage], abs=0.005)
    assert baseline.expect["score"].holds(0.7 * event + 0.3 * death)


@pytest.mark.parametrize("usage", ["public", "private"])
@pytest.mark.parametrize("name", MEASURED)
def test_our_scorer_agrees_with_scikit_survival_on_the_real_truth(
    name: str,
    usage: str,
    evaluations: dict[str, Evaluation],
    reached: dict[tuple[str, str], tuple[float, float]],
) -> None:
    metrics = evaluations[name].splits[usage].metrics
    event, death = reached[name, usage]
    expected = {"c_event": event, "c_death": death, "score": 0.7 * event + 0.3 * death}

    found = {key: metric.value for key, metric in metrics.items()}

    assert found == pytest.approx(expected, abs=1e-12, rel=0)


def test_the_interval_reaches_as_far_as_the_pages_say(
    evaluations: dict[str, Evaluation],
) -> None:
    """About 0.05 to either side."""
    for evaluation in evaluations.values():
        interval = evaluation.splits["public"].metrics["score"].interval
        assert interval is not None
        low, high = interval

        assert (high - low) / 2 == pytest.approx(0.05, abs=0.01)


def test_boosting_writes_the_same_bytes_again(
    folder: Path, built: Built, predictions: dict[str, bytes], tmp_path: Path
) -> None:
    _run(folder / "baseline/boosting/predict.py", built[0], tmp_path / "again.csv")

    assert (tmp_path / "again.csv").read_bytes() == predictions["Gradient boosting"]


def test_the_starter_script_measures_itself_and_writes_valid_predictions(
    folder: Path, definition: ChallengeDefinition, built: Built, tmp_path: Path
) -> None:
    out = tmp_path / definition.submission.file

    printed = _run(folder / "starter_kit/starter.py", built[0], out)

    ids = read_ids((built[0] / "test.csv").read_bytes(), id_column=definition.submission.id)
    read_predictions(out.read_bytes(), submission=definition.submission, ids=ids)
    numbers = [float(number) for number in re.findall(r"\d\.\d+", printed)]
    assert numbers == pytest.approx([0.715, 0.833, 0.751], abs=0.01)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["**deaths**", "cardiovascular", "not predict the progression", "public package"]),
        (
            "fr",
            ["**décès**", "cardiovasculaires", "pas de prédire la progression", "paquet public"],
        ),
    ],
)
def test_the_first_paragraph_says_what_is_predicted_and_that_the_truth_is_public(
    folder: Path, language: str, says: list[str]
) -> None:
    first = (folder / f"pages/overview.{language}.md").read_text("utf-8").split("\n\n")[0]

    assert [words for words in says if words not in first] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_overview_gives_the_figures_of_the_files(
    folder: Path, language: str, people: Rows
) -> None:
    text = (folder / f"pages/overview.{language}.md").read_text("utf-8")
    rows = re.findall(r"^\|[^|]+\|" + r" ([\d ,]+) \|" * 4 + "$", text, re.MULTILINE)
    stated = [[int(re.sub(r"\D", "", cell)) for cell in row] for row in rows]
    parts = [{"train"}, {"public"}, {"private"}, {"train", "public", "private"}]

    assert stated == [
        [
            sum(row["usage"] in part for row in people),
            sum(row["usage"] in part and row["at_risk"] == "1" for row in people),
            sum(row["usage"] in part and row["event"] == "1" for row in people),
            sum(row["usage"] in part and row["death"] == "1" for row in people),
        ]
        for part in parts
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_overview_gives_the_public_score_of_each_baseline(folder: Path, language: str) -> None:
    text = (folder / f"pages/overview.{language}.md").read_text("utf-8").replace(",", ".")
    stated = re.findall(r"\| (0\.\d{3}) \|$", text, re.MULTILINE)

    assert stated == [
        f"{0.7 * event + 0.3 * death:.3f}"
        for event, death in (parts["public"] for parts in MEASURED.values())
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_data_page_names_every_column(
    folder: Path, language: str, built: Built, read: Read
) -> None:
    text = (folder / f"pages/data.{language}.md").read_text("utf-8")
    columns = read((built[0] / "train.csv").read_bytes())[0]

    assert [column for column in columns if f"`{column}`" not in text] == []
