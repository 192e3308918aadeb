"""`python -m fastrti`, and the command `fastrti`. Ctrl-C ends both quietly, also while Python still imports."""

import sys


def main() -> int:
    """Runs the command of `sys.argv`; returns its exit code."""
    try:
        from fastrti.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("fastrti: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
