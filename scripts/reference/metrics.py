"""The page of the metrics: those by which challenges score, and those by which operators watch."""

import inspect
import tempfile
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.migrations import upgrade
from challenge_platform.web import create_app
from scorers.metric import Combination, Metric
from scorers.registry import get_metric, metric_keys
from scripts.reference.markdown import inline, table
from scripts.reference.markdown import page as make_page


def page() -> str:
    """Give the page."""
    return make_page(
        "Metrics",
        "## By which challenges score",
        "`from scorers import get_metric` gives each by its key, and "
        "`get_metric(key)(truth, prediction, **params)` computes at home what the platform does.",
        *(part for key in metric_keys() for part in _metric(get_metric(key))),
        "## By which operators watch",
        "`/metrics` gives them to Prometheus; they name nobody.",
        table(("metric", "kind", "labels", "meaning"), watched()),
    )


def _metric(metric: Metric | Combination) -> Iterator[str]:
    yield f"### {metric.key}"
    function = metric.measure if isinstance(metric, Metric) else metric.combine
    told = inspect.getdoc(function) or ""
    yield " ".join(told.split("\n\n")[0].split())
    better = f"to {metric.direction}" if metric.direction else "as the challenge says"
    columns = (*metric.truth_columns, *metric.prediction_columns)
    rows = [
        ("better", better),
        ("range", f"{metric.lowest:g} to {metric.highest:g}"),
        ("reads", str(metric.needs)),
        ("params that name columns", ", ".join(inline(name) for name in columns)),
        ("undefined", metric.undefined),
        ("a row is", metric.unit),
        ("source", metric.source),
        ("compared with", metric.reference),
        ("pictures", _pictures(metric)),
        ("same bytes on every machine", "yes" if metric.exact else "no, equal to 1e-12"),
    ]
    yield table(("", ""), rows)
    if example := _example(told):
        yield f"An example, worked out by hand:\n\n```pycon\n{example}\n```"


def _pictures(metric: Metric | Combination) -> str:
    kinds = metric.pictures if isinstance(metric, Metric) else ()
    return ", ".join(kind.replace("_", " ") for kind in kinds) or "none"


def _example(docstring: str) -> str:
    """Give the lines of a docstring's example, which a test runs."""
    lines = docstring.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith(">>>")), None)
    return "" if first is None else "\n".join(lines[first:]).split("\n\n")[0]


def watched() -> list[tuple[str, str, str, str]]:
    """List what `/metrics` of a platform gives, as (name, kind, labels, help)."""
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform.from_settings(Settings(data_dir=Path(folder)))
        platform.keys.create()
        (Path(folder) / "db").mkdir()
        upgrade(platform.database)
        client = create_app(platform).test_client()
        client.get("/healthz")  # one request, so that it is measured
        families = list(text_string_to_metric_families(client.get("/metrics").text))
        platform.database.close()
    hidden = {"le"}  # the bounds of a histogram's buckets
    return [
        (
            inline(family.name),
            family.type,
            ", ".join(sorted({name for one in family.samples for name in one.labels} - hidden)),
            family.documentation,
        )
        for family in families
        if not family.name.endswith("_created")
    ]
