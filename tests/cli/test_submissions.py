"""`challenge submissions`: listing, showing and cancelling."""

import csv
import io
import json

from tests.cli.conftest import Run
from tests.cli.fake_api import SLUG, SUBMISSION, SUBMISSION_ID, FakeApi, document, problem, report

LIST = f"/api/v1/challenges/{SLUG}/submissions"
MINE = f"/api/v1/submissions/{SUBMISSION_ID}"
FAILED = {
    **SUBMISSION,
    "id": "1" * 32,
    "state": "errored",
    "scores": [],
    "message": "",
    "reason": {"code": "worker_lost", "fault": "platform", "message": "The worker was lost."},
}
QUEUED = {**FAILED, "id": "2" * 32, "state": "queued", "reason": None, "position": 4}


def test_the_list_shows_id_result_and_time_in_80_columns(ada: Run, api: FakeApi) -> None:
    api.then("GET", LIST, document({"submissions": [QUEUED, FAILED, SUBMISSION]}))

    done = ada("submissions", "list", SLUG)

    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[1] == f"{'2' * 32}  queued, position 4       2026-11-22 02:31 UTC"
    assert lines[2] == f"{'1' * 32}  errored: worker_lost     2026-11-22 02:31 UTC"
    assert lines[3] == f"{SUBMISSION_ID}  0.7312 [0.6912, 0.7712]  2026-11-22 02:31 UTC"
    assert lines[4] == "  age alone"
    assert max(map(len, lines)) <= 80


def test_a_long_message_stays_below_its_id(ada: Run, api: FakeApi) -> None:
    wordy = {**SUBMISSION, "message": "boosting with all covariates " * 5}
    api.then("GET", LIST, document({"submissions": [wordy]}))

    lines = ada("submissions", "list", SLUG).out.splitlines()

    assert lines[1].split()[:2] == [SUBMISSION_ID, "0.7312"]
    assert max(map(len, lines)) <= 80


def test_a_team_without_submissions_is_told_how_to_make_one(ada: Run, api: FakeApi) -> None:
    api.then("GET", LIST, document({"submissions": []}))

    assert f"challenge submit {SLUG}" in ada("submissions", "list", SLUG).out


def test_programs_get_csv_and_json(ada: Run, api: FakeApi) -> None:
    api.then("GET", LIST, document({"submissions": [FAILED, SUBMISSION]}))

    rows = list(csv.DictReader(io.StringIO(ada("submissions", "list", SLUG, "--format=csv").out)))
    assert [(row["reason"], row["score_high"]) for row in rows] == [
        ("worker_lost", ""),
        ("complete", "0.7712"),
    ]
    assert json.loads(ada("submissions", "list", SLUG, "--format=json").out)[1] == SUBMISSION


def test_one_submission_is_shown_with_every_score_and_its_interval(ada: Run) -> None:
    done = ada("submissions", "show", SUBMISSION_ID)

    assert done.code == 0
    assert "Challenge:  nafld-progression, phase development" in done.out
    assert "score (ranks)  0.7312 [0.6912, 0.7712]  higher" in done.out
    assert f"Version:    2 of the challenge, {'d' * 64}\n" in done.out
    assert f"Truth:      {'e' * 64}\n" in done.out
    assert f"Scorer:     scorers 0.1.0, image sha256:{'f' * 64}\n" in done.out
    assert "Reason" not in done.out


def test_scores_of_subgroups_stand_below_where_they_are_told(ada: Run, api: FakeApi) -> None:
    assert "Subgroups" not in ada("submissions", "list", SLUG).out

    done = ada("submissions", "show", SUBMISSION_ID)
    assert "Subgroups of the public split:" in done.out
    assert "sex=female    350  c_event  0.7100 [0.6700, 0.7500]" in done.out
    api.then("GET", MINE, document(report({**SUBMISSION, "scores": []})))
    assert "Subgroups" not in ada("submissions", "show", SUBMISSION_ID).out


def test_a_fault_of_the_platform_is_called_that(ada: Run, api: FakeApi) -> None:
    api.then("GET", MINE, document(report({**FAILED, "id": SUBMISSION_ID})))

    done = ada("submissions", "show", SUBMISSION_ID)

    assert (
        "Reason:     The worker was lost (worker_lost, the platform's fault). "
        "It costs you no quota; submit again later.\n"
    ) in done.out


def test_cancelling_tells_the_state(ada: Run, api: FakeApi) -> None:
    done = ada("submissions", "cancel", SUBMISSION_ID)

    assert (done.code, done.out) == (0, f"Submission {SUBMISSION_ID} is cancelled.\n")
    assert len(api.sent("POST", f"{MINE}/cancel")) == 1


def test_what_has_ended_cannot_be_cancelled(ada: Run, api: FakeApi) -> None:
    api.then("POST", f"{MINE}/cancel", problem(409, "conflict", "it has ended already"))

    done = ada("submissions", "cancel", SUBMISSION_ID)

    assert (done.code, done.err) == (1, "challenge: it has ended already\n")


def test_a_submission_of_another_team_is_not_found(ada: Run) -> None:
    assert ada("submissions", "show", "f" * 32).code == 1


def test_a_program_is_shown_with_its_stages_and_what_it_said(ada: Run, api: FakeApi) -> None:
    smoke = {
        "name": "smoke",
        "end": "finished",
        "seconds": 2.5,
        "timings": {"run": 2.5},
        "usage": {
            "cpu_seconds": 1.25,
            "peak_memory": 8_000_000,
            "wall_seconds": 2.5,
            "output_bytes": 10,
        },
        "exit_code": 0,
        "seconds_per_id": 0.625,
        "slow": True,
    }
    hidden = {**smoke, "name": "hidden", "end": "timed_out", "seconds": 30, "timings": {}}
    hidden |= {"usage": None, "exit_code": None, "seconds_per_id": None, "slow": False}
    ended = {
        **FAILED,
        "state": "failed",
        "kind": "code",
        "reason": {"code": "run_timed_out", "fault": "participant", "message": "It took long."},
    }
    shown = report(ended) | {"stages": [smoke, hidden], "log": "epoch 1\x1b[2J\nepoch 2\n"}
    api.then("GET", f"/api/v1/submissions/{'1' * 32}", document(shown))

    done = ada("submissions", "show", "1" * 32)

    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "run on the sample finished 2.50 s 1.25 s CPU, 8.0 MB" in lines
    assert "run on the hidden files timed out at most 30 s -" in lines
    assert "run on the sample: 625 ms for each id; longer than the challenge asks for" in lines
    assert not any("hidden files:" in line for line in lines)
    assert lines[-2:] == ["epoch 1\N{REPLACEMENT CHARACTER}[2J", "epoch 2"]
    assert "It took long (run_timed_out, on your team's side). What your program said" in done.out
