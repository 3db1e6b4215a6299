"""Metrics are found by their entry points, and each declares what it is."""

import importlib.metadata
import json
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from sandbox.images.content import SCORING, image_files
from scorers import installed, registry
from scorers.installed import GROUP, Installed, find_installed
from scorers.registry import UnknownMetric, get_metric, metric_keys

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_every_metric_of_the_project_is_installed() -> None:
    project = tomllib.loads(PYPROJECT.read_text())["project"]

    assert set(project["entry-points"]["scorers.metrics"]) <= set(metric_keys())


@pytest.mark.parametrize("key", metric_keys())
def test_every_metric_declares_itself_whole(key: str) -> None:
    metric = get_metric(key)

    assert metric.key == key
    assert metric.lowest < metric.highest
    assert metric.undefined
    assert metric.reference


def test_an_unknown_metric_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownMetric, match="did you mean harrell_c"):
        get_metric("harell_c")
    with pytest.raises(UnknownMetric, match=r"there are .*harrell_c, .*weighted_sum"):
        get_metric("zzz")


def registered(monkeypatch: pytest.MonkeyPatch, /, *values: str) -> None:
    points = [EntryPoint(name="mine", value=value, group=GROUP) for value in values]
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda *, group: points if group == GROUP else []
    )
    monkeypatch.setattr(registry, "installed", find_installed)


def test_a_key_that_two_distributions_claim_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(
        monkeypatch, "scorers.survival.harrell:HARRELL_C", "scorers.composite.sums:WEIGHTED_SUM"
    )

    with pytest.raises(TypeError, match="registered twice"):
        metric_keys()


def test_an_entry_point_that_is_not_the_metric_of_its_key_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registered(monkeypatch, "scorers.survival.harrell:HARRELL_C")

    with pytest.raises(TypeError, match="is not that"):
        get_metric("mine")


def test_without_any_distribution_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    registered(monkeypatch)

    with pytest.raises(UnknownMetric, match="no distribution"):
        get_metric("mine")


def test_the_image_says_of_itself_what_is_installed_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = image_files(SCORING)[f"scoring/scorers/{installed.FILE}"]
    (tmp_path / installed.FILE).write_bytes(said)
    monkeypatch.setattr(installed, "__file__", str(tmp_path / "installed.py"))

    assert installed.installed.__wrapped__() == find_installed() == Installed(**json.loads(said))
