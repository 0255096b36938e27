"""Runs several `tertulia` commands in one process, because starting Python costs more than most of them.

Reads a JSON list of argument lists, writes the list of what each printed with --json, or null where it printed none.
"""

import json
import sys
from typing import Any

from typer.testing import CliRunner

from tertulia.cli import app


def run(arguments: list[str]) -> Any:
    finished = CliRunner().invoke(app, arguments)
    if finished.exit_code != 0:
        sys.exit(f"{arguments}: {finished.output} {finished.exception!r}")
    return json.loads(finished.output) if "--json" in arguments else None


if __name__ == "__main__":
    print(json.dumps([run(arguments) for arguments in json.load(sys.stdin)]))
