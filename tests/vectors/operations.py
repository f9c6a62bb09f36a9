"""What each vector asks for, by the name in its ``do``: from JSON to JSON, or one of the protocol's errors.

A client in another language needs the same operations to run all vectors. Byte strings are base64 throughout.
"""

import base64 as plain_base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from whistle.errors import BodyMalformed
from whistle.protocol import canonical
from whistle.protocol.acts import event_hash, inventory_entry
from whistle.protocol.content import Echo, File, Part, StreamReference
from whistle.protocol.directory import Directory, verify
from whistle.protocol.enrolment import Enrolment
from whistle.protocol.hashing import Row, framed, hashed
from whistle.protocol.keyring import Succession, site_of
from whistle.protocol.keys import Identity, Recipient
from whistle.protocol.listing import check_listing
from whistle.protocol.manifest import Release, SeenManifest
from whistle.protocol.manifest import verify as verify_manifest
from whistle.protocol.message import Event, Reply, decode, encode
from whistle.protocol.published import Memory, Published
from whistle.protocol.reading import (
    Reader,
    check_act,
    check_contact,
    check_readers,
    check_reply,
    check_reply_as_source,
    check_up,
    open_any,
)
from whistle.protocol.receipt import Receipt
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.roots import fingerprint
from whistle.protocol.sealing import open_sealed, open_state, open_with_key, pack, unpack
from whistle.protocol.signing import Signed, Verifier
from whistle.protocol.slots import open_slots
from whistle.protocol.state import State
from whistle.protocol.statement import Statement
from whistle.protocol.stream import Layout, StreamKeys, StreamReader, StreamWriter, _Cipher, padded
from whistle.protocol.thread import SourceKeys, Thread, reply_burn_token, reply_chunk_burn_tokens
from whistle.protocol.work import check as check_work
from whistle.source.judging import Own, readers_hold

HERE = Path(__file__).parent
Given = Mapping[str, Any]
Operation = Callable[[Given], Any]
OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    def keep(act: Operation) -> Operation:
        OPERATIONS[name] = act
        return act

    return keep


def text(data: bytes) -> str:
    return plain_base64.b64encode(data).decode()


def octets(value: str) -> bytes:
    return plain_base64.b64decode(value)


def fields(values: list[Any]) -> list[bytes | int]:
    return [value if isinstance(value, int) else octets(value) for value in values]


def pool() -> dict[str, str]:
    """Return the sealed records that vectors start from, by name."""
    path = HERE / "records.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def bytes_of(value: Any) -> bytes:
    """Return bytes: base64, or pieces so many times each, or zeros or a record by its name with pieces put over it."""
    if isinstance(value, str):
        return octets(value)
    if "pieces" in value:
        return b"".join(octets(piece) * times for piece, times in value["pieces"])
    data = bytearray(octets(pool()[value["record"]]) if "record" in value else bytes(value["size"]))
    for offset, piece in value.get("put", []):
        data[offset : offset + len(octets(piece))] = octets(piece)
    return bytes(data)


# --- hashes, receipts, keys, derivations


@operation("frame")
def _frame(given: Given) -> Any:
    return text(framed(*fields(given["fields"])))


@operation("hash")
def _hash(given: Given) -> Any:
    return text(hashed(*fields(given["fields"]), key=octets(given["key"]), size=given["size"]))


@operation("row")
def _row(given: Given) -> Any:
    row = Row(*fields(given["fields"]), key=octets(given["key"]))
    return [text(row.at(index)) for index in given["indices"]]


@operation("receipt")
def _receipt(given: Given) -> Any:
    return text(Receipt.parse(given["words"], given["language"]).secret_bytes())


@operation("words")
def _words(given: Given) -> Any:
    return " ".join(Receipt(octets(given["entropy"])).words(given["language"]))


@operation("recipient")
def _recipient(given: Given) -> Any:
    return str(Recipient(bytes_of(given["bytes"])))


@operation("printed recipient")
def _printed_recipient(given: Given) -> Any:
    return text(bytes(Recipient.parse(given["text"])))


@operation("printed identity")
def _printed_identity(given: Given) -> Any:
    return text(Identity.parse(given["text"]).secret_bytes())


@operation("identity")
def _identity(given: Given) -> Any:
    return text(bytes(Identity(octets(given["secret"])).recipient))


@operation("shared secret")
def _shared(given: Given) -> Any:
    return text(Identity(octets(given["secret"])).shared_secret(Recipient(octets(given["recipient"]))))


def source(given: Given) -> SourceKeys:
    return SourceKeys(Receipt(octets(given["entropy"])), octets(given["site"]))


@operation("source")
def _source(given: Given) -> Any:
    keys = source(given)
    nonce = octets(given["stream_nonce"])
    return {
        "identity": text(keys.identity.secret_bytes()),
        "recipient": text(bytes(keys.identity.recipient)),
        "thread": text(keys.thread.key),
        "state_key": text(keys.state_key),
        "up": [text(keys.thread.address(0, index)) for index in (0, 1, 2**32 - 1)],
        "down": [text(keys.thread.address(1, index)) for index in (0, 1, 2**32 - 1)],
        "burn": text(keys.burn_token(keys.thread.address(0, 0))),
        "burn_withdraw": text(keys.withdraw_burn_token(keys.thread.address(0, 0))),
        "burn_chunks": [text(keys.chunk_burn_tokens(nonce).at(index)) for index in (0, 1, 128, 2**20 - 1)],
        "contact_identity": text(keys.contact_identity.secret_bytes()),
        "contact_address": [text(keys.contact_address(index)) for index in (0, 1)],
        "contact_burn": [text(keys.contact_burn_token(index)) for index in (0, 1)],
    }


@operation("address")
def _address(given: Given) -> Any:
    thread = Thread(octets(given["thread"]), Recipient(octets(given["recipient"])))
    return text(thread.address(given["direction"], given["index"]))


@operation("reply tokens")
def _reply_tokens(given: Given) -> Any:
    shared = octets(given["shared"])
    token = reply_burn_token(shared, octets(given["address"]))
    return {
        "burn": text(token),
        "burn_hash": text(burn_hash(token)),
        "burn_chunk": text(reply_chunk_burn_tokens(shared, octets(given["stream_nonce"])).at(given["chunk"])),
    }


# --- bodies and records


@operation("json")
def _json(given: Given) -> Any:
    try:
        canonical.decode(bytes_of(given["json"]))
    except ValueError as error:  # whoever decodes a body turns it into this
        raise BodyMalformed from error
    return "canonical"


@operation("unpack")
def _unpack(given: Given) -> Any:
    return text(unpack(bytes_of(given["body"])))


@operation("pack")
def _pack(given: Given) -> Any:
    """Pack and unpack again: what DEFLATE writes is the writer's choice, what comes out is not."""
    body = pack(bytes_of(given["json"]))
    return {"size": len(body), "digest": text(sha256(unpack(body)).digest())}


@operation("body")
def _body(given: Given) -> Any:
    body = decode(octets(given["json"]))
    return {"kind": body.kind, "again": text(encode(body))}


@operation("slots")
def _slots(given: Given) -> Any:
    return text(open_slots(octets(given["slots"]), Identity(octets(given["identity"]))))


@operation("state")
def _state(given: Given) -> Any:
    parts = (octets(given[name]) for name in ("payload", "state_key", "header", "commitment"))
    return state_json(State.open(*parts))


def state_json(state: State) -> Any:
    return {
        "channel": state.channel,
        "chunks": state.chunks,
        "stream_nonce": text(state.stream_nonce),
        "readers": list(state.readers),
    }


def record(given: Given) -> Record:
    return Record.parse(bytes_of(given["record"]))


@operation("open")
def _open(given: Given) -> Any:
    opened = open_sealed(record(given), Identity(octets(given["identity"])))
    return {
        "body": text(opened.body),
        "commitment": text(opened.commitment),
        "content_key": text(opened.content_key),
        "authenticator": text(opened.proof),
    }


@operation("open with key")
def _open_with_key(given: Given) -> Any:
    return text(open_with_key(record(given), octets(given["content_key"])))


@operation("open state")
def _open_state(given: Given) -> Any:
    return state_json(open_state(record(given), source(given)))


def reader(given: Given) -> Reader:
    return Reader(Identity(octets(given["identity"])), given["person"], octets(given["site"]))


@operation("read from source")
def _read_up(given: Given) -> Any:
    who = reader(given)
    return text(encode(check_up(open_any(record(given), who.identity), who).body))


@operation("read contact")
def _read_contact(given: Given) -> Any:
    who = reader(given)
    return text(encode(check_contact(open_any(record(given), who.identity), who).body))


@operation("read reply")
def _read_reply(given: Given) -> Any:
    who = reader(given)
    thread = Thread(octets(given["thread"]), Recipient(octets(given["recipient"])))
    reply = check_reply(open_any(record(given), who.identity), who, thread, directory(given))
    return text(encode(reply.body))


@operation("read reply as source")
def _read_reply_as_source(given: Given) -> Any:
    keys = source(given)
    return text(encode(check_reply_as_source(open_any(record(given), keys.identity), keys, directory(given)).body))


@operation("check readers")
def _check_readers(given: Given) -> Any:
    reply = decode(octets(given["reply"]))
    assert isinstance(reply, Reply)
    lists = {(index, commitment): tuple(readers) for index, commitment, readers in given["lists"]}

    def list_of(echo: Echo) -> tuple[int, ...] | None:
        return lists.get((echo.index, text(echo.commitment)))

    check_readers(reply, list_of)
    return list(reply.readers)


@operation("check readers as source")
def _check_readers_as_source(given: Given) -> Any:
    reply = decode(octets(given["reply"]))
    assert isinstance(reply, Reply)
    stored = {index: own(index, octets(commitment), readers) for index, commitment, readers in given["lists"]}
    newest = None if given["newest"] is None else own(0, bytes(32), given["newest"])
    return {"checked": readers_hold(reply, newest, stored)}


def own(index: int, commitment: bytes, readers: list[int]) -> Own:
    state = State(1, 0, bytes(8), tuple(readers))
    return Own(index, Record(bytes(32), bytes(32), bytes(32_704)), commitment, state, withdraw=False)


@operation("read act")
def _read_act(given: Given) -> Any:
    who = reader(given)
    body = check_act(open_any(record(given), who.identity), who, directory(given)).body
    return {"json": text(encode(body)), "hash": text(event_hash(who.site, body)) if isinstance(body, Event) else None}


# --- keyring, statements, memory


def directory(given: Given) -> Directory:
    memory = Memory.parse(given["memory"].encode()) if given.get("memory") else None
    site = octets(given["site"]) if given.get("site") else None
    document = json.loads((HERE / "documents.json").read_text())[given["document"]]
    return verify(Published.parse(document.encode()), date.fromisoformat(given["today"]), memory, site)


@operation("directory")
def _directory(given: Given) -> Any:
    found = directory(given)
    return {
        "site": text(found.site),
        "serial": found.keyring.serial,
        "open": {str(person): statement.number for person, statement in sorted(found.statements.items())},
        "closed": {str(person): type(error).__name__ for person, error in sorted(found.closed.items())},
        "fingerprint": " ".join(found.fingerprint),
        "memory": bytes(found.memory).decode(),
    }


@operation("author")
def _author(given: Given) -> Any:
    signed = Signed.from_json(given["statement"])
    person, statement = directory(given).author(signed, given["person"], date.fromisoformat(given["day"]))
    return {"name": person.name, "role": int(person.role), "number": statement.number}


@operation("statement")
def _statement(given: Given) -> Any:
    statement = Statement.verify(Signed.from_json(given["statement"]), Verifier(octets(given["signing"])))
    return {"person": statement.person, "number": statement.number, "recipient": text(bytes(statement.recipient))}


@operation("succession")
def _succession(given: Given) -> Any:
    old, new = Succession.from_json(given["succession"]).verify(octets(given["site"]))
    return [text(bytes(old)), text(bytes(new))]


@operation("roots")
def _roots(given: Given) -> Any:
    roots = [Verifier(octets(root)) for root in given["roots"]]
    return {"site": text(site_of(roots[0])), "fingerprint": " ".join(fingerprint(roots))}


@operation("release")
def _release(given: Given) -> Any:
    release = Release.parse(given["release"].encode())
    return {
        "version": release.version,
        "headers": {header.name: header.value for header in release.headers},
        "pages": list(release.pages),
        "files": {file.path: [file.type, file.size, text(file.digest)] for file in release.files},
    }


@operation("manifest")
def _manifest(given: Given) -> Any:
    served = given["manifest"].encode()
    seen = SeenManifest.parse(given["seen"].encode()) if "seen" in given else None
    root, today = Verifier(octets(given["root"])), date.fromisoformat(given["today"])
    manifest = verify_manifest(served, root, octets(given["site"]), today, seen)
    return {
        "number": manifest.number,
        "version": manifest.release.version,
        "seen": bytes(SeenManifest.of(served)).decode(),
    }


@operation("enrolment")
def _enrolment(given: Given) -> Any:
    enrolment = Enrolment.parse(given["request"].encode())
    return {"name": enrolment.name, "role": int(enrolment.role), "signing": text(bytes(enrolment.signing))}


@operation("verify")
def _verify(given: Given) -> Any:
    Verifier(octets(given["key"])).verify(octets(given["signature"]), *fields(given["fields"]))
    return "signed"


# --- streams


def written(given: Given) -> tuple[StreamReference, tuple[File, ...], list[Record]]:
    """Return the stream that a writer makes of the key, nonce, tokens and files in ``given``."""
    writer = StreamWriter(lambda _nonce: tokens_of(given))
    writer.key, writer.nonce = octets(given["key"]), octets(given["nonce"])
    writer._cipher = _Cipher(writer.key)
    records: list[Record] = []
    for file in given["files"]:
        records += writer.begin(file["name"], file["type"])
        records += writer.write(repeated(file["repeat"], file["size"]))
    records += writer.finish(octets(given["part"]) if given["part"] else None)
    assert writer.reference is not None
    return writer.reference, writer.files, records


def tokens_of(stream: Given) -> Row:
    return Row(b"whistle/1/burn chunk", octets(stream["nonce"]), key=octets(stream["burn_key"]))


def repeated(piece: str, size: int) -> bytes:
    return (octets(piece) * (size // max(len(octets(piece)), 1) + 1))[:size]


@operation("write stream")
def _write(given: Given) -> Any:
    reference, files, records = written(given["stream"])
    return {
        "reference": reference.to_json(),
        "files": [file.to_json() for file in files],
        "addresses": [text(each.address) for each in records],
        "chunks": [text(sha256(bytes(each)).digest()) for each in records],
    }


def edited(records: list[Record], edits: list[Any], streams: Mapping[str, Any]) -> list[Record]:
    """Return ``records`` after each edit: ``[what, …]``, see README.md."""
    for what, *how in edits:
        if what == "flip":
            index, byte, bit = how
            data = bytearray(bytes(records[index]))
            data[byte] ^= 1 << bit
            records[index] = Record.parse(bytes(data))
        elif what == "swap":
            left, right = how
            records[left], records[right] = records[right], records[left]
        elif what == "cut":
            del records[how[0]]
        elif what == "copy":  # the sealed part of one chunk to the address and burn hash of another
            origin, target = how
            records[target] = replace(records[target], sealed=records[origin].sealed)
        elif what == "graft":  # a chunk of another stream, at the address it would need here
            stream, index = how
            _, _, others = written(streams[stream])
            records[index] = replace(others[index], address=records[index].address)
        elif what == "reseal":  # as somebody can who may read the message, and so knows the key
            stream, index, fill, last = how
            text_of = bytes([fill]) * 32_688
            cipher = _Cipher(octets(streams[stream]["key"]))
            records[index] = cipher.seal(index, text_of, tokens_of(streams[stream]).at(index), last=last)
        else:
            raise ValueError(what)
    return records


@operation("read stream")
def _read(given: Given) -> Any:
    """Read content first where it is in the stream, then every chunk, then check the whole."""
    streams = json.loads((HERE / "streams.json").read_text())["streams"]
    reference, files, records = written(streams[given["stream"]])
    reference = changed(reference, given["reference"])
    if given["files"] is not None:
        files = tuple(File.from_json(file) for file in given["files"])
    records = edited(records, given["edits"], streams)
    opener = StreamReader(reference)
    content = None
    if reference.part is not None:
        content = opener.open_part([opener.open(index, records[index]) for index in opener.part_chunks()])
        files = content.files
    layout = Layout(reference, files)
    data = [layout.data(index, opener.open(index, each)) for index, each in enumerate(records)]
    opener.finish()
    whole = [b"".join(data[index] for index in layout.chunks(file)) for file in layout.files]
    return {
        "text": None if content is None else content.text,
        "files": [[file.name, len(each), text(sha256(each).digest())] for file, each in zip(files, whole, strict=True)],
    }


def changed(reference: StreamReference, changes: Mapping[str, Any]) -> StreamReference:
    known: dict[str, Any] = {name: changes[name] for name in ("chunks",) if name in changes}
    known |= {name: octets(changes[name]) for name in ("digest", "key", "nonce") if name in changes}
    if "part" in changes:
        known["part"] = None if changes["part"] is None else Part.from_json(changes["part"])
    return replace(reference, **known)


@operation("meet streams")
def _meet(given: Given) -> Any:
    keys = StreamKeys()
    for key, commitment in given["messages"]:
        keys.meet(StreamReference(octets(key), b"12345678", 8, bytes(32)), octets(commitment))
    return len(keys.met)


@operation("padded")
def _padded(given: Given) -> Any:
    return [padded(count) for count in given["counts"]]


# --- the interface


@operation("pass")
def _pass(given: Given) -> Any:
    parts = (octets(given["site"]), given["query"], given["time"], octets(given["nonce"]), octets(given["signature"]))
    check_listing(Verifier(octets(given["key"])), *parts)
    return "admitted"


@operation("work")
def _work(given: Given) -> Any:
    body = repeated(given["repeat"], given["size"])
    check_work(octets(given["challenge"]), given["path"], body, given["bits"], octets(given["nonce"]))
    return "done"


@operation("burn hash")
def _burn_hash(given: Given) -> Any:
    return text(burn_hash(octets(given["token"])))


@operation("inventory entry")
def _inventory_entry(given: Given) -> Any:
    return text(inventory_entry(record(given)))
