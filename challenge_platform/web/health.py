"""What operators watch: is the process alive, are its parts reachable, and the metrics."""

import time
from collections.abc import Iterator
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from challenge_platform.bootstrap import Platform
from challenge_platform.core.heartbeat import Part, is_well
from challenge_platform.core.submission import count_by_state
from challenge_platform.errors import QueueUnavailable
from challenge_platform.web import current

probes = Blueprint("health", __name__)


@probes.get("/healthz")
def alive() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(ok=True)


@probes.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say which parts are well; without the database nothing works, so that is a 503."""
    platform = current.platform()
    try:
        with platform.database.reading() as session:
            heard = {part: is_well(session, part, now=platform.clock()) for part in Part}
    except SQLAlchemyError:
        heard = None
    status = HTTPStatus.SERVICE_UNAVAILABLE if heard is None else HTTPStatus.OK
    parts = heard or dict.fromkeys(Part, False)
    return jsonify(database=heard is not None, redis=_redis_answers(platform), **parts), status


def _redis_answers(platform: Platform) -> bool:
    try:
        platform.queue.ping()
    except QueueUnavailable:
        return False
    return True


class Submissions(Collector):
    """Counts submissions by state when the metrics are read."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metric without asking the database."""
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count the submissions."""
        family = self._family()
        with self._platform.database.reading() as session:
            for state, count in count_by_state(session).items():
                family.add_metric([state], count)
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("challenge_submissions", "Submissions by state", labels=["state"])


def register(app: Flask, platform: Platform, /) -> None:
    """Measure every request, and publish the measurements with the counts."""
    registry = CollectorRegistry()
    registry.register(Submissions(platform))
    seconds = Histogram(
        "challenge_request_seconds",
        "Server time of requests",
        ["endpoint", "status"],
        registry=registry,
    )

    @app.before_request
    def start() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def measure(response: Response) -> Response:
        if "began" in g:  # a request refused before it was routed has no endpoint to count under
            labels = (request.endpoint or "none", str(response.status_code))
            seconds.labels(*labels).observe(time.perf_counter() - g.began)
        return response

    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    app.add_url_rule("/metrics", "health.metrics", metrics)
