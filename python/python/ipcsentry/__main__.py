"""The command `ipcsentry`: the program `hunt` of the Rust library."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from ._completion import completion
from ._native import main as run


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these arguments, or those of the process, and returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["--completion"]:
        return completion(given[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # The command ends at Ctrl-C as any program does; Python's handler would only run after it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run(given)


if __name__ == "__main__":
    sys.exit(main())
