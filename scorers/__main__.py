"""The commands of the package: `evaluate` at home, `serve` in the scoring sandbox."""

import argparse
import sys
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that ends with 1 on wrong use: 2 says that the predictions are invalid."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def main() -> int:
    """Run one command and return its exit code."""
    if sys.argv[1:] == ["serve"]:
        from scorers.serve import serve  # noqa: PLC0415 - the sandbox loads this alone, and fast

        return serve()
    # PLC0415: PyYAML is not in the scoring sandbox.
    from scorers.home import add_arguments, evaluate_at_home  # noqa: PLC0415 - see above

    parser = Parser(prog="python -m scorers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    add_arguments(commands.add_parser("evaluate", help="score a predictions file at home"))
    commands.add_parser("serve", help="score one request from standard input")
    return evaluate_at_home(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
