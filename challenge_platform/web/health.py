"""What operators watch: is the process alive, are its parts reachable, and the metrics."""

import time
from collections.abc import Iterator
from http import HTTPStatus

from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from challenge_platform.bootstrap import Platform
from challenge_platform.core.heartbeat import Part, counts_of, is_well
from challenge_platform.core.submission import QueueName, count_by_state, count_waiting
from challenge_platform.core.worker import count_serving, workers
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
    """Counts submissions by state, and by queue what waits and who serves, when they are read."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the metrics without asking the database."""
        yield from (self._family(), *self._of_queues())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Count the submissions."""
        family, (waiting, serving) = self._family(), self._of_queues()
        with self._platform.database.reading() as session:
            for state, count in count_by_state(session).items():
                family.add_metric([state], count)
            queued, known = count_waiting(session), workers(session, now=self._platform.clock())
        for queue in QueueName:
            waiting.add_metric([queue], queued[queue])
            serving.add_metric([queue], count_serving(known, queue))
        yield from (family, waiting, serving)

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily("challenge_submissions", "Submissions by state", labels=["state"])

    def _of_queues(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("challenge_waiting", "Submissions that wait", labels=["queue"]),
            GaugeMetricFamily("challenge_workers", "Workers that serve", labels=["queue"]),
        )


class Sandboxes(Collector):
    """Tells of the sandboxes that are kept ready, as the launcher last did."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def describe(self) -> Iterator[Metric]:
        """Name the metrics without asking the database."""
        yield from self._families().values()

    def collect(self) -> Iterator[Metric]:
        """Give what was told lately."""
        with self._platform.database.reading() as session:
            counts = counts_of(session, Part.LAUNCHER, now=self._platform.clock())
        for name, family in self._families().items():
            if name in counts:
                family.add_metric([], counts[name])
            yield family

    def _families(self) -> dict[str, CounterMetricFamily | GaugeMetricFamily]:
        return {
            "ready": GaugeMetricFamily(
                "challenge_sandboxes_ready", "Sandboxes that wait for a run"
            ),
            "memory": GaugeMetricFamily(
                "challenge_sandboxes_ready_bytes", "Memory that those which wait hold together"
            ),
            "hits": CounterMetricFamily(
                "challenge_sandbox_hits",
                "Runs that found a sandbox ready, since the launcher's start",
            ),
            "misses": CounterMetricFamily(
                "challenge_sandbox_misses", "Runs that found none ready, since the launcher's start"
            ),
        }


def register(app: Flask, platform: Platform, /) -> None:
    """Measure every request, and publish the measurements with the counts."""
    registry = CollectorRegistry()
    registry.register(Submissions(platform))
    registry.register(Sandboxes(platform))
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
