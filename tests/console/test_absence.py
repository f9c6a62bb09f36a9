"""What must not be in a reviewer's folder, nor in what a desk says of itself."""

from base64 import b64encode
from pathlib import Path

import pytest

from tests.console.world import ANA, PASSPHRASE, World
from whistle.console.answer import Answer
from whistle.protocol.receipt import Receipt

TEXT = "The ferry tender at Lautoka was fixed by deputy Marisol Quebrada."
NAME = "ferry-tender-минутки.txt"
FILE = b"Minutes of the meeting in which the ferry tender was promised away."
REPLY = "Which deputy signed the second envelope?"
FRAGMENTS = [TEXT[4:30], "Marisol Quebrada", NAME[:12], FILE[11:40].decode(), REPLY[6:30]]


def spellings(fragment: bytes) -> list[bytes]:
    """Return the ways in which a fragment could stand in a file: as it is, and in base64 at each of three offsets."""
    texts = [fragment, fragment.hex().encode(), fragment.hex().upper().encode()]
    for offset in range(3):
        encoded = b64encode(bytes(offset) + fragment)
        texts.append(encoded[4 if offset else 0 : len(encoded) - 4])
    return texts


def found(folder: Path, fragments: list[bytes]) -> list[tuple[str, bytes]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    data = {path.name: path.read_bytes() + path.name.encode() for path in files}
    return [
        (name, fragment)
        for name, content in data.items()
        for fragment in fragments
        for spelling in spellings(fragment)
        if spelling in content
    ]


def in_encodings(texts: list[str]) -> list[bytes]:
    return [text.encode(encoding) for text in texts for encoding in ("utf-8", "utf-16-le", "utf-16-be")]


@pytest.fixture
def lived(world: World, tmp_path: Path) -> World:
    """Give a world with a desk at which everything was done once."""
    world.tell(Receipt.generate(), TEXT, files=[(NAME, FILE * 900)])
    world.tell(Receipt.generate(), "another", readers=(ANA,))
    world.sync(ANA)
    case = next(case for case in world.desks[ANA].inbox() if case.title.startswith("The ferry"))
    world.desks[ANA].reply(world.courier(), case.name, Answer(REPLY))
    world.desks[ANA].mark_read(case.name)
    world.rotate(ANA)
    world.sync(ANA)
    world.desks[ANA].backup(tmp_path / "ana" / "backup", full=True)
    return world


@pytest.mark.usefixtures("lived")
def test_no_plaintext_in_any_file(tmp_path: Path) -> None:
    assert found(tmp_path / "ana", in_encodings(FRAGMENTS)) == []


def test_no_key_and_no_passphrase_in_any_file(lived: World, tmp_path: Path) -> None:
    session = lived.desks[ANA]._session
    assert session is not None
    secrets = session.vault.secrets
    keys = [secrets.signer.secret_bytes(), secrets.ledger.secret_bytes(), PASSPHRASE.encode()]
    keys += [key.secret_bytes() for key in secrets.cases.values()]
    keys += [kept.identity.secret_bytes()[at : at + 32] for kept in secrets.identities for at in (0, 32, 64)]
    assert found(tmp_path / "ana", keys) == []


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("shape", ["as it is", "base64", "hex"])
def test_the_search_finds_a_canary(tmp_path: Path, shape: str, encoding: str) -> None:
    leak = b"noise" + TEXT.encode(encoding)
    shaped = {"as it is": leak, "base64": b64encode(leak), "hex": leak.hex().encode()}[shape]
    (tmp_path / "ana" / "canary").write_bytes(shaped)
    assert {name for name, _fragment in found(tmp_path / "ana", in_encodings(FRAGMENTS))} == {"canary"}


def test_nothing_says_a_secret_of_itself(lived: World) -> None:
    desk = lived.desks[ANA]
    session = desk._session
    assert session is not None
    assert session.book is not None
    shown = repr([session, session.vault, session.book, desk, desk.inbox(), desk.journal])
    for secret in FRAGMENTS:
        assert secret not in shown
    for kept in session.vault.secrets.identities:
        assert kept.identity.secret_bytes().hex()[:32] not in shown
        assert repr(kept.identity.secret_bytes()[:8])[2:-1] not in shown


@pytest.mark.usefixtures("lived")
def test_every_file_is_its_owners_alone(tmp_path: Path) -> None:
    paths = [*(tmp_path / "ana").rglob("*"), tmp_path / "ana"]
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in paths if path.is_dir()} == {0o700}


def test_no_piece_of_a_chunk_is_recognised_on_the_disk(lived: World, tmp_path: Path) -> None:
    """Whoever has a copy of the shelf and the locked disk cannot see which chunks this reviewer has."""
    pieces = [bytes(record)[at : at + 24] for record in lived.chunks for at in (0, 64, 20_000)]
    assert pieces
    assert found(tmp_path / "ana", pieces) == []
