"""Command line of the library: `python -m verifier COMMAND --help`.

Exit codes: 0 done (or "yes"), 1 "no", 2 error, 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
from collections.abc import Sequence

from verifier import commands, errors
from verifier.learning import messages

INTERRUPTED = 128 + 2
"""Exit code of a program that Ctrl-C (signal 2) ended, as shells report it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of `verifier.commands`; a command's module is imported only when it is used."""
    parser = argparse.ArgumentParser(prog="python -m verifier", description=__doc__)
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    words = list(sys.argv[1:] if arguments is None else arguments)
    for module in pkgutil.iter_modules(commands.__path__):
        if words[:1] in ([module.name], ["--help"], ["-h"], []):
            command = importlib.import_module(f"{commands.__name__}.{module.name}")
            command.add_arguments(chosen.add_parser(module.name, help=command.HELP, description=command.__doc__))
        else:
            chosen.add_parser(module.name)
    parsed = parser.parse_args(words)
    command = importlib.import_module(f"{commands.__name__}.{parsed.command}")
    try:
        return int(command.run(parsed))
    except errors.VerifierError as error:
        print(json.dumps({"code": error.code, **error.facts, "message": messages.sentence(error)}), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nInterrupted. {getattr(command, 'INTERRUPTED', '')}".rstrip(), file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
