"""What operators watch: probes that say what is down, and metrics without names."""

import re

import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.config import Settings
from challenge_platform.core import heartbeat, worker
from challenge_platform.core.heartbeat import Part
from challenge_platform.core.submission import QueueName
from challenge_platform.web import create_app
from tests.fakes import Clock
from tests.web.conftest import Program, Visitor


def test_the_process_says_that_it_lives(anonymous: Visitor) -> None:
    assert anonymous.get("/healthz").json == {"ok": True}


def test_the_site_is_ready_though_redis_and_the_others_are_down(anonymous: Visitor) -> None:
    answer = anonymous.get("/readyz")

    assert answer.status_code == 200
    assert answer.json == {"database": True, "redis": False, "reaper": False, "launcher": False}


def test_what_was_heard_of_lately_is_well(
    anonymous: Visitor, platform: Platform, clock: Clock
) -> None:
    with platform.database.writing() as session:
        heartbeat.beat(session, Part.REAPER, now=clock())
        heartbeat.beat(session, Part.LAUNCHER, now=clock(), problem="no image")
    heard = anonymous.get("/readyz").json
    clock.advance(minutes=1)

    assert (heard["reaper"], heard["launcher"]) == (True, False)
    assert anonymous.get("/readyz").json["reaper"] is False


@pytest.mark.redis
def test_a_redis_that_answers_is_well(queueing: Platform) -> None:
    assert Visitor(create_app(queueing).test_client()).get("/readyz").json["redis"] is True


def test_without_its_database_the_site_is_not_ready(platform: Platform) -> None:
    lost = Settings(
        data_dir=platform.settings.data_dir,
        database_url=f"sqlite:///{platform.settings.data_dir}/nowhere/platform.db",
    )

    answer = Visitor(create_app(Platform.from_settings(lost)).test_client()).get("/readyz")

    assert answer.status_code == 503
    assert answer.json["database"] is False


def test_metrics_count_submissions_and_requests_and_name_nobody(
    alices: Program, anonymous: Visitor
) -> None:
    alices.submit()
    text = anonymous.get("/metrics").text

    assert 'challenge_submissions{state="queued"} 1.0' in text
    assert 'endpoint="api_submissions.submit",status="201"} 1.0' in text
    assert "alice" not in text


def test_metrics_tell_of_the_sandboxes_that_are_ready_as_long_as_they_are_heard_of(
    anonymous: Visitor, platform: Platform, clock: Clock
) -> None:
    counts = {"ready": 2, "memory": 30_000_000, "hits": 7, "misses": 1}
    with platform.database.writing() as session:
        heartbeat.beat(session, Part.LAUNCHER, now=clock(), counts=counts)
    heard = anonymous.get("/metrics").text
    clock.advance(minutes=1)

    assert "challenge_sandboxes_ready 2.0" in heard
    assert "challenge_sandboxes_ready_bytes 3e+07" in heard
    assert "challenge_sandbox_hits_total 7.0" in heard
    assert "challenge_sandbox_misses_total 1.0" in heard
    assert "challenge_sandbox_hits_total 7.0" not in anonymous.get("/metrics").text


def test_metrics_tell_what_waits_and_who_serves_by_queue(
    platform: Platform, anonymous: Visitor, alices: Program
) -> None:
    alices.submit()
    known = worker.Worker(host="a", queues=frozenset({QueueName.SCORING, QueueName.CODE}))
    with platform.database.writing() as session:
        worker.beat(session, known, now=platform.clock())

    text = anonymous.get("/metrics").text

    told = dict(
        re.findall(r'^challenge_((?:waiting|workers)\{queue="\w+"\}) (\S+)$', text, re.MULTILINE)
    )
    assert told == {
        f'{name}{{queue="{queue}"}}': value
        for name, values in {
            "waiting": ("1.0", "0.0", "0.0", "0.0"),
            "workers": ("1.0", "1.0", "0.0", "0.0"),
        }.items()
        for queue, value in zip(QueueName, values, strict=True)
    }


def test_an_answer_says_how_long_the_application_took(anonymous: Visitor) -> None:
    wait, app = anonymous.get("/healthz").headers["Server-Timing"].split(", ")

    assert 0 <= float(wait.removeprefix("wait;dur=")) < float(app.removeprefix("app;dur="))


def test_the_time_of_a_log_in_is_not_told(anonymous: Visitor) -> None:
    answer = anonymous.post("/login", data={"email": "ann@example.org", "password": "wrong"})

    assert "Server-Timing" not in answer.headers
