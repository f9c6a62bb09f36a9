import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.shelf.samples import open_shelf, sample

ROOT = Path(__file__).parents[2]

# The child ends as a program does, with everything that Python destroys on the way, and not by os._exit.
FORKING = """
import gc, os, signal, sys
from pathlib import Path
from tests.shelf.samples import TODAY, open_shelf, records, sample, samples
from whistle.errors import ShelfUnavailable

folder = Path(sys.argv[1])
shelf = open_shelf(folder)
shelf.put_messages(records(samples(40)))
shelf.put_messages([sample("before").record])
steps = shelf.tidy()
for _ in range(int(sys.argv[2])):
    next(steps)
shelf.put_messages([sample("between").record])
names = sorted(file.name for file in folder.iterdir())
if os.fork() == 0:
    for call in (
        lambda: shelf.look([b"a" * 32]),
        lambda: shelf.fetch([b"a" * 32]),
        lambda: shelf.burn([b"a" * 32]),
        lambda: shelf.put_messages([sample("child").record]),
        lambda: shelf.messages_of(TODAY, b"", 1),
        lambda: shelf.check_room(),
        lambda: next(steps),
        lambda: next(shelf.tidy()),
        lambda: open_shelf(folder),
    ):
        try:
            call()
        except ShelfUnavailable:
            continue
        os._exit(3)
    shelf.close()
    if sys.argv[3] == "orderly":
        del shelf, steps
        gc.collect()
        sys.exit(0)
    os._exit(0)
assert os.wait()[1] == 0
assert sorted(file.name for file in folder.iterdir()) == names
shelf.put_messages([sample("after").record])
for _ in steps:
    pass
shelf.put_messages([sample("at the end").record])
os.kill(os.getpid(), signal.SIGKILL)
"""


def forked(folder: Path, steps: int, end: str) -> None:
    command = [sys.executable, "-c", FORKING, str(folder), str(steps), end]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    some = [sample(name) for name in ("before", "between", "after", "at the end")]
    with open_shelf(folder) as shelf:
        assert shelf.fetch([each.address for each in some]) == [bytes(each.record) for each in some]
        assert shelf.look([sample("child").address]) == [False]


def test_a_child_is_refused_and_its_end_harms_nothing(tmp_path: Path) -> None:
    for steps in range(5):
        forked(tmp_path / f"orderly {steps}", steps, "orderly")
    forked(tmp_path / "abrupt", 3, "abrupt")


def test_a_child_that_lives_on_does_not_keep_the_next_process_out(tmp_path: Path) -> None:
    shelf = open_shelf(tmp_path / "shelf")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    shelf.close()
    try:
        open_shelf(tmp_path / "shelf").close()
    finally:
        os.close(writing)
        os.close(reading)
        os.waitpid(child, 0)
