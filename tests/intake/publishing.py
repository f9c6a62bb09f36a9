"""A site that takes one statement after another while it is recorded: ``python -m tests.intake.publishing FOLDER``."""

import sys
from pathlib import Path

from tests.disk.recording import await_recorder, say
from tests.intake.test_published import bulletin, statement

if __name__ == "__main__":
    statements = [statement(number) for number in (1, 2, 3)]
    await_recorder()
    board = bulletin(Path(sys.argv[1]))
    for number, made in enumerate(statements, 1):
        board.publish(made)
        say(f"published {number}")
