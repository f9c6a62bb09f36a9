"""A statement whose answer was "taken" outlives a power cut, and no half of one is ever published."""

from pathlib import Path

from tests.disk.power import Disk, Loss, losses
from tests.disk.recording import record
from tests.intake.probe import write_keyring
from tests.intake.test_published import bulletin, statement
from whistle.protocol.published import Published
from whistle.protocol.statement import Statement


def check(folder: Path, loss: Loss) -> None:
    board = bulletin(folder)
    numbers = [Statement.claimed(signed).number for signed in Published.parse(board.document).statements]
    said = len(loss.said)
    assert numbers in ([said], [said + 1]) or (numbers, said) == ([], 0), (loss.at, loss.how)
    # What was cut off is in nobody's way.
    board.publish(statement(9))
    board.publish(statement(10))


def test_a_published_statement_outlives_a_power_cut_at_every_step(tmp_path: Path) -> None:
    folder = tmp_path / "intake"
    folder.mkdir()
    write_keyring(folder / "keyring.json")
    before = Disk(folder)
    steps = record(folder, tmp_path / "trace", "tests.intake.publishing", folder)
    found = 0
    for loss in losses(before, steps, range(len(steps) + 1), chances=3):
        loss.lay_out(folder)
        check(folder, loss)
        found += 1
    assert found > 15
