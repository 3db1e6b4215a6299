"""The stages of a submission as a terminal shows them, and what its program said."""

from collections.abc import Sequence

from challenge_platform.cli.documents import Stage, SubmissionReport
from challenge_platform.cli.output import Column, size_text, write_table
from challenge_platform.cli.terminal import say

NAMES = {
    "smoke": "run on the sample",
    "public": "run on the public files",
    "hidden": "run on the hidden files",
    "audit": "run again on changed tables",
    "score": "scoring",
}


def write_stages(submission: SubmissionReport, /) -> None:
    """Print what each stage took and used, and what the program said on public files."""
    if submission["kind"] == "predictions" or not submission["stages"]:
        return
    say()
    write_table(submission["stages"], columns=_COLUMNS)
    for stage in submission["stages"]:
        if each := stage.get("seconds_per_id"):
            long = "; longer than the challenge asks for" if stage.get("slow") else ""
            say(
                f"{NAMES.get(stage['name'], stage['name'])}: {1000 * each:.4g} ms for each id{long}"
            )
    if log := submission["log"]:
        say("\nWhat your program said when it last ran on public files:")
        say("\n".join(f"  {line}" for line in log.splitlines()))


def _took(stage: Stage) -> str:
    seconds = stage["seconds"]
    if seconds is None:
        return "-"
    told_in_steps = stage["name"] in {"hidden", "audit"} and stage["usage"] is None
    return f"at most {seconds:.0f} s" if told_in_steps else f"{seconds:.2f} s"


def _used(stage: Stage) -> str:
    """Say what of processor and memory is known."""
    usage = stage["usage"]
    if usage is None:
        return "-"
    known: Sequence[str | None] = (
        None if usage["cpu_seconds"] is None else f"{usage['cpu_seconds']:.2f} s CPU",
        None if usage["peak_memory"] is None else f"{size_text(usage['peak_memory'])}",
    )
    return ", ".join(text for text in known if text) or "-"


def _end(stage: Stage) -> str:
    end = (stage["end"] or "under way").replace("_", " ")
    return f"{end} (exit code {stage['exit_code']})" if stage["exit_code"] else end


_COLUMNS: list[Column[Stage]] = [
    Column(heading="STAGE", text=lambda stage: NAMES.get(stage["name"], stage["name"])),
    Column(heading="OUTCOME", text=_end),
    Column(heading="TOOK", text=_took, right=True),
    Column(heading="USED", text=_used),
]
