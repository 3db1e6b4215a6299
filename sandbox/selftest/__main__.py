"""Try the hostile cases in sandboxes of this machine, with all that contains them or with less.

    python -m sandbox.selftest [CASE ...] [--without MEASURE ...]

It needs the Docker Engine's socket. 0: every case was contained; 1: one was not, or could not be
tried. Without a measure only the cases that it contains are tried, and 0 says that none of them
was contained, as it should be.
"""

import argparse
import logging
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence

from sandbox.docker import DockerRunner
from sandbox.engine import Engine
from sandbox.selftest import Finding, examine
from sandbox.selftest.case import Case, read_cases
from sandbox.selftest.images import case_images
from sandbox.selftest.measures import MEASURES
from sandbox.selftest.weaken import try_without


def main() -> int:
    """Try them, tell of each, and give the exit status."""
    given = _arguments()
    logging.disable()  # what the programs say is theirs; what came of them is told here
    cases = [case for case in read_cases() if not given.case or case.name in given.case]
    with case_images(cases) as images:
        if given.without:
            return _tell_escapes(_without(cases, given.without, images=images))
        return _tell(_with_all(cases, images=images))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.selftest", description=__doc__)
    names = [case.name for case in read_cases()]
    parser.add_argument("case", nargs="*", metavar="CASE", help="only these")
    parser.add_argument(
        "--without",
        action="append",
        choices=sorted(MEASURES),
        metavar="MEASURE",
        help="take this away (again for several): " + ", ".join(sorted(MEASURES)),
    )
    given = parser.parse_args()
    if unknown := sorted(set(given.case) - set(names)):
        parser.error(f"there is no case {unknown[0]!r}; there is {', '.join(names)}")
    return given


def _with_all(cases: Sequence[Case], *, images: Mapping[str, str]) -> Iterator[Finding]:
    engine = Engine()
    runner = DockerRunner(engine, runtimes=images, label=f"selftest-{uuid.uuid4()}")
    try:
        yield from examine(runner, cases)
    finally:
        runner.close()
        engine.close()


def _without(
    cases: Sequence[Case], names: Sequence[str], *, images: Mapping[str, str]
) -> Iterator[Finding]:
    for case in cases:
        for together in case.protects:
            if set(names) <= set(together):
                yield try_without(case, together, runtimes=images)


def _tell(findings: Iterator[Finding]) -> int:
    held = True
    for finding in findings:
        held &= finding.is_contained
        _print(f"{'ok     ' if finding.is_contained else 'PROBLEM'} {finding.case.name}")
        if not finding.is_contained:
            _print(*(f"        {line}" for line in (finding.told(), *finding.repairs())))
    return 0 if held else 1


def _tell_escapes(findings: Iterator[Finding]) -> int:
    contained = False
    for finding in findings:
        contained |= finding.is_contained
        _print(f"{finding.case.name}: {'; '.join(finding.seen) or 'CONTAINED all the same'}")
    return 1 if contained else 0


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
