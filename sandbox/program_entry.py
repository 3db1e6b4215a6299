"""What runs a scoring program inside the sandbox, in the place where Codabench would have put it.

It is the `main.py` of an archive that the platform's own runtime unpacks. `/app` of that image
leads to the sandbox's scratch. What the program is given is in the archive, below `input`; or below
`/input`, where it can only be read.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

APP = Path("/app").resolve()
CODE = Path(__file__).parent
ANSWERS = ("scores.json", "scores.txt")
MOST_BYTES = 64 * 1024


def main() -> int:
    """Lay the folders out, run the command, and hand over what it wrote; give its exit status."""
    for name in ("output", "shared"):
        (APP / name).mkdir(parents=True, exist_ok=True)
    given = CODE / "input" if (CODE / "input").is_dir() else Path("/input")
    for name, target in {
        "input": given,
        "input_data": given / "data",
        "program": CODE / "program",
    }.items():
        (APP / name).symlink_to(target)
    command = json.loads((CODE / "command.json").read_text(encoding="utf-8"))
    done = subprocess.run([sys.executable, *command[1:]], cwd="/app/program", check=False)  # noqa: S603 -- its own command, in the sandbox
    if done.returncode:
        sys.stderr.write(f"the scoring program ended with status {done.returncode}\n")
        return 1
    for name in ANSWERS:
        if _is_answer(APP / "output" / name):
            shutil.copyfile(APP / "output" / name, "/output/scores")
            return 0
    there = ", ".join(sorted(path.name for path in (APP / "output").iterdir())) or "nothing"
    sys.stderr.write(f"the scoring program wrote neither scores.json nor scores.txt: {there}\n")
    return 1


def _is_answer(path: Path) -> bool:
    """Whether it is a regular file of a size that is read; a link or a pipe is none."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_BYTES


if __name__ == "__main__":
    sys.exit(main())
