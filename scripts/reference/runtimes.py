"""The page of the runtimes: what submitted code finds there, from the locks of their images."""

import re

from sandbox.entry import FOLDER, MAIN, REFUSED
from sandbox.images.content import BASE_REFERENCE, packages_lock, runtimes
from scripts.reference.markdown import inline, table
from scripts.reference.markdown import page as make_page

_SCRATCH = (
    "scratch in memory, which counts towards the memory limit; no program can be started from it, "
    "and no compiled module be loaded"
)
_INSTALLER = "pip"  # it is not in the image
_PIN = re.compile(r"^([a-z0-9._-]+)==([^ ]+)", re.MULTILINE)
_ASKED_FOR = re.compile(r"^([a-z0-9._-]+)", re.MULTILINE)


def page() -> str:
    """Give the page."""
    return make_page(
        "Runtimes",
        "A runtime is the image in which submitted code runs. The challenge names it "
        "(`program.runtime`), the platform makes it: exact versions, each file checked against its "
        "hash, no network. [How to submit code](../how-to/code-submission.md) says how to use one.",
        _place(),
        *(_runtime(name) for name in runtimes()),
    )


def packages(runtime: str, /) -> dict[str, str]:
    """Give the version of each package of a runtime by its name, as its lock pins them."""
    pins = dict(_PIN.findall(packages_lock(runtime).read_text(encoding="utf-8")))
    del pins[_INSTALLER]
    return pins


def _place() -> str:
    rows = [
        (inline(FOLDER), "the unpacked archive, the current folder, first in `sys.path`"),
        (inline("/input"), "the data, read-only"),
        (inline("/output"), "where the predictions file goes, under the challenge's name for it"),
        (inline("/tmp"), _SCRATCH),  # noqa: S108  the sandbox's own
    ]
    rest = (
        "There is no network, no other writable folder, and nothing of another run. Hashes of "
        "texts are the same in every run (`PYTHONHASHSEED=0`), output is not buffered. An archive "
        f"that cannot be unpacked ends with the exit status {REFUSED} and its problems in the log."
    )
    return "\n\n".join(
        (
            "## The program's place",
            f"{inline(f'python {MAIN}')} runs without arguments, with an empty standard input.",
            table(("path", "what it is"), rows),
            rest,
        )
    )


def _runtime(name: str) -> str:
    folder = packages_lock(name).parent
    asked_for = set(_ASKED_FOR.findall((folder / "packages.in").read_text(encoding="utf-8")))
    pinned = sorted(packages(name).items(), key=lambda pin: (pin[0] not in asked_for, pin[0]))
    rows = [
        (inline(package), version, "" if package in asked_for else "needed by others")
        for package, version in pinned
    ]
    described = (folder / "description.md").read_text(encoding="utf-8").strip()
    version = BASE_REFERENCE.partition(":")[2].partition("-")[0]
    return "\n\n".join(
        (f"## {name}", f"{described} Python {version}.", table(("package", "version", ""), rows))
    )
