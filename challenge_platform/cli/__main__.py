"""`python -m challenge_platform.cli`: the same as the `challenge` command."""

import sys

from challenge_platform.cli import main

if __name__ == "__main__":
    sys.exit(main())
