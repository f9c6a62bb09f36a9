"""A console that no network reaches: everything goes by two files."""

from pathlib import Path

import pytest

from tests.console.world import ANA, World
from whistle.console.answer import Answer
from whistle.courier.carrying import CarriedCourier, carry_in
from whistle.errors import ShelfUnavailable
from whistle.intake.carry import carry_to
from whistle.intake.settings import IntakeSettings
from whistle.protocol.canonical import encode
from whistle.protocol.receipt import Receipt


def settings_of(world: World) -> IntakeSettings:
    """Lay out an intake's folder around the shelf of ``world``."""
    signed = world.keyring.sign(world.root).to_json()
    (world.folder / "keyring.json").write_bytes(encode({"keyring": signed, "successions": []}))
    (world.folder / "statements").mkdir(exist_ok=True)
    for person, statement in world.statements.items():
        (world.folder / "statements" / f"{person}.json").write_bytes(encode(statement.to_json()))
    return IntakeSettings(world.folder, world.folder, message_days=30, chunk_days=30)


@pytest.mark.parametrize("files", [[], [("scan.pdf", bytes(100_000))]])
def test_a_report_and_its_answer_cross_the_gap(world: World, files: list[tuple[str, bytes]]) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "The second invoice was never printed.", files=files)
    settings = settings_of(world)
    world.shelf.close()
    carry_to(world.folder / "out", settings, lambda: world.today)
    world.open_shelf()

    with CarriedCourier(world.folder / "out", world.folder / "back") as courier:
        world.desks[ANA].sync(courier)
        case = world.only_case(ANA)
        assert case.items[0].text == "The second invoice was never printed."
        assert [file.name for file in case.items[0].files] == [name for name, _data in files]
        world.desks[ANA].reply(courier, case.name, Answer("Where is the first?"))
    assert world.source(receipt).visit().replies == ()

    for _again in range(2):
        with (world.folder / "back").open("rb") as stream:
            assert carry_in(stream, world.courier()).taken == 0
    (reply,) = world.source(receipt).visit().replies
    assert reply.content is not None
    assert reply.content.text == "Where is the first?"


def test_while_the_intake_runs_nothing_is_carried(world: World) -> None:
    settings = settings_of(world)
    with pytest.raises(ShelfUnavailable):
        carry_to(world.folder / "out", settings, lambda: world.today)
    assert not (world.folder / "out").exists()


def test_a_file_that_is_there_is_left_alone(world: World) -> None:
    settings = settings_of(world)
    world.shelf.close()
    there = Path(world.folder / "out")
    there.write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        carry_to(there, settings, lambda: world.today)
    assert there.read_bytes() == b"precious"
