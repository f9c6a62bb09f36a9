from io import BytesIO
from pathlib import Path

import pytest

from tests.protocol import cast
from tests.source.stage import KEYS, RECEIPT, Stage, draft, stage
from whistle.courier import Courier, Pass, wire
from whistle.courier.carried import CarriedWriter, Kind
from whistle.courier.carrying import CarriedCourier, carry_in, carry_out
from whistle.errors import AddressTaken, CarriedMalformed, Refused, Unreachable
from whistle.protocol import labels
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import decoy
from whistle.source import Attachment, Source

__all__ = ["stage"]

ADMISSION = Pass(1, 1, bytes(16), bytes(64))
QUERY = wire.listing_query(cast.TODAY)


def carried(stage: Stage, path: Path) -> Path:
    """Carry everything out of the stage's shelf."""
    chunks = {record[:32] for record in stage.courier.put} - {record.address for record in stage.everything()}
    with path.open("wb") as stream:
        days = [(cast.YESTERDAY, []), (cast.TODAY, stage.everything())]
        carry_out(stream, bytes(cast.published()), days, map(stage.record, sorted(chunks)))
    return path


def many(first: bytes, count: int) -> list[bytes]:
    return [first, *(cast.chance(f"unused {place}", 32) for place in range(count - 1))]


def test_a_report_and_its_answer_cross_the_gap(stage: Stage, tmp_path: Path) -> None:
    stage.tell("Report.", Attachment("a", "", BytesIO(b"a" * 600_000)))
    incoming = carried(stage, tmp_path / "in")
    with CarriedCourier(incoming, tmp_path / "out") as courier:
        typed: Courier = courier
        assert typed.keyring() == bytes(cast.published())
        assert courier.days == (cast.YESTERDAY, cast.TODAY)
        (record,) = courier.messages(QUERY, ADMISSION)
        assert record == stage.record_up(0)
        # A source over the very same courier sees what it would see online, and its next message is carried in.
        source = Source(courier, stage.directory, RECEIPT)
        source.prepare(draft("More."), [Attachment("b", "", BytesIO(b"b"))], source.visit()).send()
        assert source.visit().next_index == 2
    with (tmp_path / "out").open("rb") as stream:
        assert carry_in(stream, stage.courier).done == 2
        assert stage.source.visit().stored == (0, 1)
        stream.seek(0)
        again = carry_in(stream, stage.courier)
    assert (again.done, again.taken) == (2, 0)


def test_look_and_fetch_know_the_chunks_too(stage: Stage, tmp_path: Path) -> None:
    stage.tell("Report.", Attachment("a", "", BytesIO(b"a")))
    with CarriedCourier(carried(stage, tmp_path / "in"), tmp_path / "out") as courier:
        for put in stage.courier.put:
            assert courier.fetch(many(put[:32], 8))[0] == put
            assert courier.look(many(put[:32], 128)) == (True, *[False] * 127)
        assert {len(each) for each in courier.fetch(many(bytes(32), 8))} == {labels.RECORD_SIZE}


def test_the_listing_comes_page_by_page(stage: Stage, tmp_path: Path) -> None:
    records = sorted((decoy() for _ in range(70)), key=lambda record: record.address)
    for record in records:
        stage.put(record)
    with CarriedCourier(carried(stage, tmp_path / "in"), tmp_path / "out") as courier:
        first = courier.messages(QUERY, ADMISSION)
        rest = courier.messages(wire.listing_query(cast.TODAY, first[-1].address), ADMISSION)
        assert [*first, *rest] == records
        assert (len(first), courier.messages(wire.listing_query(cast.YESTERDAY), ADMISSION)) == (64, ())
        for wrong in ("", "day=2026-11-21", f"{QUERY}&more=1", "day=x&after=", "after=&day=2026-11-21"):
            with pytest.raises(Refused):
                courier.messages(wrong, ADMISSION)


def test_a_burn_is_seen_at_once_and_carried_in(stage: Stage, tmp_path: Path) -> None:
    stage.tell()
    address = KEYS.thread.address(labels.UP, 0)
    with CarriedCourier(carried(stage, tmp_path / "in"), tmp_path / "out") as courier:
        courier.burn(many(KEYS.burn_token(address), 8))
        assert courier.look(many(address, 128))[0] is False
        assert courier.messages(QUERY, ADMISSION) == ()
    with (tmp_path / "out").open("rb") as stream:
        carry_in(stream, stage.courier)
    assert not stage.rests(address)


def test_another_record_at_an_address_is_a_conflict_here_and_there(stage: Stage, tmp_path: Path) -> None:
    stage.tell()
    address, fresh = KEYS.thread.address(labels.UP, 0), decoy()
    clash = Record(address, bytes(32), fresh.sealed)
    with CarriedCourier(carried(stage, tmp_path / "in"), tmp_path / "out") as courier:
        courier.put_message(stage.record_up(0))
        for put in (courier.put_message, lambda record: courier.put_chunks([fresh, record])):
            with pytest.raises(AddressTaken):
                put(clash)
        courier.put_message(fresh)
        courier.put_chunks([fresh, decoy()])
    stage.put(Record(fresh.address, bytes(32), fresh.sealed))
    with (tmp_path / "out").open("rb") as stream:
        delivered = carry_in(stream, stage.courier)
    assert (delivered.done, delivered.taken) == (1, 1)


def test_a_session_goes_on_where_the_last_one_or_a_crash_ended(stage: Stage, tmp_path: Path) -> None:
    stage.tell()
    incoming, outgoing = carried(stage, tmp_path / "in"), tmp_path / "out"
    token = cast.chance("token", 32)
    first, second = decoy(), Record(cast.chance("second", 32), burn_hash(token), decoy().sealed)
    with CarriedCourier(incoming, outgoing) as courier:
        courier.put_message(first)
        courier.put_message(second)
    with outgoing.open("r+b") as stream:
        stream.truncate(outgoing.stat().st_size - 20)  # a crash within the last entry
    with CarriedCourier(incoming, outgoing) as courier:
        assert courier.fetch(many(first.address, 8))[0] == bytes(first)
        courier.burn(many(token, 8))
        courier.publish(b"{}")
    with CarriedCourier(incoming, outgoing) as courier:
        assert not courier.look(many(second.address, 128))[0]
    # What arrived is carried out again, and the same outgoing file still fits.
    stage.put(first)
    CarriedCourier(carried(stage, tmp_path / "in"), outgoing).close()
    stage.put(Record(cast.chance("other", 32), bytes(32), first.sealed))


def test_nobody_else_reads_what_is_to_be_carried(stage: Stage, tmp_path: Path) -> None:
    CarriedCourier(carried(stage, tmp_path / "in"), tmp_path / "out").close()
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_files_of_another_kind_are_refused(stage: Stage, tmp_path: Path) -> None:
    incoming = carried(stage, tmp_path / "in")
    (tmp_path / "text").write_text("some other file")
    with pytest.raises(CarriedMalformed):
        CarriedCourier(tmp_path / "text", tmp_path / "out")
    with pytest.raises(CarriedMalformed):
        CarriedCourier(incoming, incoming)
    with pytest.raises(Unreachable):
        CarriedCourier(tmp_path / "nothing", tmp_path / "out")
    with incoming.open("rb") as stream, pytest.raises(CarriedMalformed):
        carry_in(stream, stage.courier)


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        [Kind.DAY],
        [Kind.PUBLISHED, Kind.PUBLISHED],
        [Kind.PUBLISHED, Kind.DAY, Kind.DAY],
        [Kind.PUBLISHED, Kind.MESSAGE],
        [Kind.PUBLISHED, Kind.BURN],
        [Kind.PUBLISHED, Kind.DAY, Kind.MESSAGE, Kind.MESSAGE],
    ],
)
def test_an_incoming_file_has_one_shape(tmp_path: Path, kinds: list[Kind]) -> None:
    payloads = {Kind.PUBLISHED: b"{}", Kind.DAY: b"2026-11-21", Kind.BURN: bytes(256), Kind.MESSAGE: bytes(32_768)}
    with (tmp_path / "in").open("wb") as stream:
        writer = CarriedWriter(stream)
        for kind in kinds:
            writer.add(kind, payloads[kind])
        writer.end()
    with pytest.raises(CarriedMalformed):
        CarriedCourier(tmp_path / "in", tmp_path / "out")
