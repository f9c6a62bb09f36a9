"""A town for the commands of a source: a real intake, the people of ``cast``, and reviewers who answer over HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.intake.server import ROOT, serving
from tests.protocol import cast
from whistle.courier.asking import fetch
from whistle.courier.http import HttpCourier
from whistle.protocol import labels
from whistle.protocol.canonical import encode
from whistle.protocol.content import Content, Echo
from whistle.protocol.keyring import Keyring
from whistle.protocol.message import Message, Withdraw
from whistle.protocol.reading import check_up, open_any
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record
from whistle.protocol.signing import Signed
from whistle.protocol.stream import Layout, StreamReader, StreamWriter
from whistle.protocol.thread import SourceKeys, reply_chunk_burn_tokens


@dataclass
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Town:
    folder: Path
    address: str
    courier: HttpCourier

    def whistle(self, *arguments: str, given: bytes = b"", state: Path | None = None) -> Ended:
        """Run a command as a script does: no terminal, ``given`` on standard input."""
        environment = {
            **os.environ,
            "WHISTLE_INTAKE": self.address,
            "XDG_STATE_HOME": str(state or self.folder / "state"),
        }
        command = [sys.executable, "-m", "whistle", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, check=False, cwd=ROOT, env=environment)
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def tip(self, text: str = "The tender was fixed.", *arguments: str) -> str:
        """Report something and return the receipt."""
        ended = self.whistle("tip", "--yes", "--no-check", "--json", *arguments, given=text.encode())
        assert ended.status == 0, ended.err
        receipt: str = ended.json[0]["receipt"]
        return receipt

    def receipt_file(self, receipt: str) -> str:
        path = self.folder / "receipt"
        path.write_text(receipt)
        return str(path)

    def visit(self, receipt: str, *arguments: str) -> dict[str, Any]:
        """Return what ``whistle replies`` says."""
        ended = self.whistle("replies", "--receipt-file", "-", "--json", *arguments, given=receipt.encode())
        assert ended.status == 0, ended.err
        return ended.json[0]

    # --- the other side

    @staticmethod
    def keys(receipt: str) -> SourceKeys:
        return SourceKeys(Receipt.parse(receipt), cast.SITE)

    def record(self, address: bytes) -> Record:
        (record,) = fetch(self.courier, [address])
        assert record is not None
        return record

    def read(self, receipt: str, index: int, person: int = cast.ANA) -> Message | Withdraw:
        """Open a message of the source as ``person``."""
        reader = cast.reader(person)
        record = self.record(self.keys(receipt).thread.address(labels.UP, index))
        return check_up(open_any(record, reader.identity), reader).body

    def content(self, body: Message | Withdraw) -> tuple[str, dict[str, bytes]]:
        """Return text and files of a message."""
        assert isinstance(body, Message)
        if body.stream is None:
            assert body.content is not None
            return body.content.text, {}
        reader = StreamReader(body.stream)
        texts = [reader.open(index, self.record(reader.address(index))) for index in range(body.stream.chunks)]
        reader.finish()
        content = body.content or reader.open_part([texts[index] for index in reader.part_chunks()])
        layout = Layout(body.stream, content.files)
        return content.text, {
            file.name: b"".join(layout.data(index, texts[index]) for index in layout.chunks(file))
            for file in content.files
        }

    def answer(self, receipt: str, index: int, text: str, files: dict[str, bytes] | None = None) -> None:
        """Answer as Ana, echoing the first message."""
        keys, ana = self.keys(receipt), cast.identity("Ana")
        first = self.record(keys.thread.address(labels.UP, 0))
        shared = ana.shared_secret(keys.identity.recipient)
        writer = StreamWriter(lambda nonce: reply_chunk_burn_tokens(shared, nonce))
        records: list[Record] = []
        for name, data in (files or {}).items():
            records += [*writer.begin(name, "text/plain"), *writer.write(data)]
        content: Content | None = Content(text, None, writer.files)
        part = bytes(Content(text, None, writer.files)) if len(text) > labels.BODY_SIZE else None
        if files or part:
            records += writer.finish(part)
            self.courier.put_chunks(records)
        body = cast.reply(
            index=index,
            day=today(),
            statement=signed_statement(cast.ANA),
            echoes=(Echo(0, first.sealed[1:33]),),
            content=None if part else content,
            stream=writer.reference,
        )
        self.courier.put_message(cast.seal_reply(keys, body))


def today() -> Any:
    return datetime.now(UTC).date()


def keyring(**changes: object) -> Keyring:
    usual: dict[str, object] = {"issued": today() - timedelta(days=1), "expires": today() + timedelta(days=300)}
    return cast.keyring(**usual | changes)


def signed_statement(person: int, **changes: object) -> Signed:
    return cast.signed_statement(person, **{"first": today(), "last": today() + timedelta(days=9)} | changes)


def write_keyring(folder: Path, current: Keyring) -> None:
    fresh = folder / "keyring.new"
    fresh.write_bytes(encode({"keyring": current.sign(cast.signer("root")).to_json(), "successions": []}))
    fresh.replace(folder / "keyring.json")


@contextmanager
def town(folder: Path, **changes: object) -> Iterator[Town]:
    """Run an intake whose channel 1 has Ana, Bo, Dede (oversight) and Chi (custodian), all with keys."""
    write_keyring(folder, keyring(channels=(cast.keyring().channels[0],), **changes))
    with serving(folder, ", work_bits=4") as server:
        address = f"http://127.0.0.1:{server.port}"
        with HttpCourier(address) as courier:
            for person in (cast.ANA, cast.BO, cast.CHI, cast.DEDE):
                courier.publish(encode(signed_statement(person).to_json()))
            yield Town(folder, address, courier)
