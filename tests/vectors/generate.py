"""Write the vectors. The same run gives the same files, but for records that are not there yet.

    python -m tests.vectors.generate            # write
    python -m tests.vectors.generate --fresh    # seal every record anew

What is sealed holds randomness that only its writer ever had, so sealed records are kept whole in ``records.json``
and everything else derives from them and from names (``tests/protocol/cast.py``).
"""

import json
import sys
from typing import Any

from tests.vectors.of_bodies import bodies, canonical_json
from tests.vectors.of_keyring import documents, keyrings
from tests.vectors.of_keys import derivations, keys, receipts
from tests.vectors.of_manifest import manifests
from tests.vectors.of_reading import reading
from tests.vectors.of_records import sealed_records, states
from tests.vectors.of_signatures import signatures
from tests.vectors.of_streams import interface, streams
from tests.vectors.operations import HERE, OPERATIONS
from tests.vectors.pool import (
    Vector,
    dumped,
    fill_pool,
    write,
)
from whistle.errors import ProtocolError


def build(*, fresh: bool = False) -> dict[str, str]:
    """Return every file of vectors by its name, after writing the pools that the others draw from."""
    pool = fill_pool(fresh=fresh)
    write("documents.json", dumped(documents()))
    known, stream_vectors = streams()
    files: dict[str, tuple[str, list[Vector]]] = {
        "derivations.json": ("Sections 2 to 4: hashes, sites, and what derives from a receipt", derivations()),
        "receipts.json": ("Section 3: twelve words and sixteen bytes", receipts()),
        "keys.json": ("Section 3: recipients and identities", keys()),
        "canonical.json": ("Section 6: JSON in one spelling", canonical_json()),
        "bodies.json": ("Sections 5 and 6: packed bodies, and every kind of message", bodies()),
        "states.json": ("Section 5: what a source leaves for itself", states()),
        "sealed.json": ("Section 5: opening records", sealed_records(pool)),
        "reading.json": ("Sections 6 and 10: what a reader believes", reading(pool)),
        "keyring.json": ("Section 7: keyrings, statements, successions, memory", keyrings()),
        "manifest.json": ("Section 7: the manifest of a site", manifests()),
        "signatures.json": ("Section 2: which signatures are good", signatures()),
        "streams.json": ("Section 8: files and long texts", stream_vectors),
        "interface.json": ("Section 9: passes and proof of work", interface()),
    }
    if not (HERE / "streams.json").exists() or json.loads((HERE / "streams.json").read_text())["streams"] != known:
        write("streams.json", dumped({"streams": known}))  # the vectors are tried with these
    return {name: dumped(finished(about, vectors, known)) for name, (about, vectors) in files.items()}


def finished(about: str, vectors: list[Vector], known: dict[str, Any]) -> Any:
    """Return one file with the outcome of every good vector, having seen every bad one refused."""
    with_streams = {"streams": known} if any(vector["do"] == "read stream" for vector in vectors) else {}
    return {"about": about, **with_streams, "vectors": [outcome(vector) for vector in vectors]}


def outcome(vector: Vector) -> Vector:
    if "error" in vector:
        try:
            OPERATIONS[vector["do"]](vector["given"])
        except ProtocolError as error:
            if type(error).__name__ == vector["error"]:
                return vector
            raise AssertionError(vector["name"]) from error
        raise AssertionError(vector["name"])
    return vector | {"gives": OPERATIONS[vector["do"]](vector["given"])}


def main() -> None:
    for name, written in build(fresh="--fresh" in sys.argv).items():
        write(name, written)
        print(name, len(json.loads(written)["vectors"]))


if __name__ == "__main__":
    main()
