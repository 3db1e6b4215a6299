"""The commands of the package: `evaluate` and `audit` at home, `serve` in the sandbox."""

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
    from scorers import home  # noqa: PLC0415 - see above
    from scorers.audit import command  # noqa: PLC0415 - see above

    parser = Parser(prog="python -m scorers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    evaluate = commands.add_parser("evaluate", help="score a predictions file at home")
    home.add_arguments(evaluate)
    evaluate.set_defaults(run=home.evaluate_at_home)
    audit = commands.add_parser("audit", help="judge a finished competition from a folder")
    command.add_arguments(audit)
    audit.set_defaults(run=command.audit_at_home)
    commands.add_parser("serve", help="score one request from standard input")
    options = parser.parse_args()
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
