"""`challenge submissions`: your team's submissions, what became of each, and cancelling one."""

from collections.abc import Sequence

import typer

from challenge_platform.cli.arguments import FormatOption, IdArgument, SlugArgument
from challenge_platform.cli.documents import Score, Subgroup, Submission, SubmissionReport
from challenge_platform.cli.output import (
    Column,
    Format,
    primary_score,
    score_cells,
    score_text,
    size_text,
    time_text,
    write_csv,
    write_json,
    write_table,
)
from challenge_platform.cli.refusal import problem_text
from challenge_platform.cli.session import session_of
from challenge_platform.cli.stages import write_stages
from challenge_platform.cli.terminal import say
from challenge_platform.cli.waiting import state_text

app = typer.Typer()


@app.command("list")
def list_submissions(
    context: typer.Context, slug: SlugArgument, *, form: FormatOption = Format.TABLE
) -> None:
    """List your team's submissions to a challenge, the newest first."""
    with session_of(context).client() as client:
        found = client.submissions(slug)
    if form is Format.JSON:
        write_json(found)
    elif form is Format.CSV:
        write_csv([_cells(submission) for submission in found])
    elif found:
        write_table(found, columns=_COLUMNS)
    else:
        say(f"Your team has made no submission yet: challenge submit {slug} -f FILE -m TEXT")


@app.command()
def show(
    context: typer.Context, submission_id: IdArgument, *, form: FormatOption = Format.TABLE
) -> None:
    """Show one submission: its state, times, scores or problems, and subgroups if told."""
    with session_of(context).client() as client:
        submission = client.submission(submission_id)
    write_submission(submission, form=form)
    if form is Format.TABLE:
        for problem in submission["problems"]:
            say(f"  {problem_text(problem)}")
        write_stages(submission)
        _write_subgroups(submission)


@app.command()
def cancel(context: typer.Context, submission_id: IdArgument) -> None:
    """Cancel a submission that has not ended.

    It gives its quota back only if its scoring has not begun.
    """
    with session_of(context).client() as client:
        submission = client.cancel(submission_id)
    say(f"Submission {submission['id']} is {submission['state']}.")


def write_submission(submission: Submission, /, *, form: Format) -> None:
    """Print one submission in the form asked for."""
    if form is Format.JSON:
        write_json(submission)
    elif form is Format.CSV:
        write_csv([_cells(submission)])
    else:
        _print(submission)


def _print(submission: Submission) -> None:
    facts = {
        "Submission": submission["id"],
        "Challenge": f"{submission['challenge']}, phase {submission['phase']}",
        "Team": submission["team"],
        "File": f"{submission['filename']}, {size_text(submission['size'])}",
        "SHA-256": submission["sha256"],
        **({"Weights": submission["weights"]} if submission["weights"] else {}),
        "Message": submission["message"],
        "Received": time_text(submission["received_at"]),
        "Finished": time_text(submission["finished_at"]),
        "State": state_text(submission),
        **_scored_with(submission),
    }
    for name, fact in facts.items():
        say(f"{name + ':':<12}{fact}")
    if reason := reason_text(submission):
        say(f"{'Reason:':<12}{reason}")
    write_scores(submission["scores"])


def _scored_with(submission: Submission) -> dict[str, str]:
    """Give the versions that a score was made with, each on a line."""
    versions = submission["scored_with"]
    if versions is None:
        return {}
    image = f", image {versions['image']}" if versions["image"] else ""
    return {
        "Version": f"{versions['version']} of the challenge, {versions['definition']}",
        "Truth": versions["truth"],
        "Scorer": versions["scorer"] + image,
    }


def write_scores(scores: Sequence[Score], /) -> None:
    """Print scores with their 95 % intervals, if there are any."""
    if scores:
        say()
        write_table(scores, columns=_SCORE_COLUMNS)


def _write_subgroups(submission: SubmissionReport) -> None:
    rows = [(part, score) for part in submission["subgroups"] for score in part["scores"]]
    if rows:
        say(f"\nSubgroups of the {submission['report_board']} split:")
        write_table(rows, columns=_SUBGROUP_COLUMNS)


def reason_text(submission: Submission, /) -> str | None:
    """Say why a submission ended without a score, whose fault it was and what to do."""
    reason = submission["reason"]
    if reason is None or submission["state"] == "scored":
        return None
    fault = _FAULTS.get(reason["fault"], reason["fault"])
    advice = _ADVICE.get(submission["state"], "")
    if submission["kind"] != "predictions" and submission["state"] in ("rejected", "failed"):
        advice = f"{_SEE}: challenge submissions show {submission['id']}"
    return f"{reason['message'].rstrip('.')} ({reason['code']}, {fault}). {advice}".rstrip()


_FAULTS = {
    "nobody": "nobody's fault",
    "participant": "on your team's side",
    "platform": "the platform's fault",
}
_ADVICE = {
    "rejected": "Repair what is listed below, then submit again; it costs you no quota.",
    "failed": "Repair your code, then submit again.",
    "errored": "It costs you no quota; submit again later.",
}
"""What to do after an end without a score, by state."""

_SEE = "What your program said and used, and what was wrong with what it wrote"


def _result(submission: Submission) -> str:
    score = primary_score(submission["scores"])
    if score is not None:
        return score_text(score)
    reason = submission["reason"]
    if reason is None or submission["state"] == "scored":
        return state_text(submission)
    return f"{submission['state']}: {reason['code']}"


def _cells(submission: Submission) -> dict[str, object]:
    reason = submission["reason"]
    plain = ("id", "challenge", "phase", "kind", "team", "filename", "size", "sha256", "message")
    return {
        **{name: submission[name] for name in plain},  # type: ignore[literal-required]  # names above
        "state": submission["state"],
        "reason": reason and reason["code"],
        "fault": reason and reason["fault"],
        "received_at": submission["received_at"],
        "finished_at": submission["finished_at"],
        **score_cells(submission["scores"]),
    }


_COLUMNS: list[Column[Submission]] = [
    # The message stands below the id, so that the table fits in 80 columns.
    Column(
        heading="SUBMISSION",
        wraps=True,
        text=lambda submission: f"{submission['id']}\n  {submission['message']}".rstrip(),
    ),
    Column(heading="RESULT", text=_result),
    Column(heading="RECEIVED", text=lambda submission: time_text(submission["received_at"])),
]
_SCORE_COLUMNS: list[Column[Score]] = [
    Column(
        heading="SCORE",
        text=lambda score: f"{score['key']} (ranks)" if score["primary"] else score["key"],
    ),
    Column(heading="VALUE [95 % INTERVAL]", text=score_text),
    Column(
        heading="BETTER",
        text=lambda score: "higher" if score["direction"] == "maximize" else "lower",
    ),
]
_SUBGROUP_COLUMNS: list[Column[tuple[Subgroup, Score]]] = [
    Column(heading="SUBGROUP", text=lambda row: f"{row[0]['column']}={row[0]['value']}"),
    Column(heading="UNITS", text=lambda row: str(row[0]["units"]), right=True),
    Column(heading="SCORE", text=lambda row: row[1]["key"]),
    Column(heading="VALUE [95 % INTERVAL]", text=lambda row: score_text(row[1])),
]
