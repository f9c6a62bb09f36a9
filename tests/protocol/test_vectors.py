"""The vectors that every client must pass, in whatever language it is written."""

import json
from typing import Any

import pytest

from tests.vectors import generate
from tests.vectors.operations import HERE, OPERATIONS
from whistle import errors
from whistle.errors import ProtocolError

#: Files that vectors draw from, and that have none of their own.
POOLS = {"records.json", "documents.json"}
#: Families of errors, of which only the members are raised.
KINDS = {"ProtocolError", "StreamError", "KeyringError", "StatementError", "ManifestError"}
#: Closes one person inside a document that is good, and so is an outcome there, not an error.
CLOSING = {"StatementRolledBack"}


FILES = sorted(path.name for path in HERE.glob("*.json") if path.name not in POOLS)


def vectors(name: str) -> list[dict[str, Any]]:
    return list(json.loads((HERE / name).read_text())["vectors"])


def all_vectors() -> list[dict[str, Any]]:
    return [vector for name in FILES for vector in vectors(name)]


def outcome(vector: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"gives": OPERATIONS[vector["do"]](vector["given"])}
    except ProtocolError as error:
        return {"error": type(error).__name__}


@pytest.mark.parametrize("name", FILES)
def test_every_vector_has_its_outcome(name: str) -> None:
    for vector in vectors(name):
        expected = {key: vector[key] for key in ("gives", "error") if key in vector}
        assert outcome(vector) == expected, vector["name"]


def test_every_operation_is_asked_for() -> None:
    assert {vector["do"] for vector in all_vectors()} == set(OPERATIONS)


def test_no_two_vectors_of_a_file_have_one_name_and_one_question() -> None:
    for name in FILES:
        asked = [(vector["name"], vector["do"]) for vector in vectors(name)]
        assert len(set(asked)) == len(asked), name


def test_every_error_of_the_protocol_is_named_by_a_vector() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, ProtocolError) and name not in KINDS
    }
    named = {vector["error"] for vector in all_vectors() if "error" in vector}
    assert kinds - CLOSING == named - CLOSING
    assert "StatementRolledBack" in json.dumps(all_vectors())


def test_the_generator_writes_these_very_files() -> None:
    before = {path.name: path.read_text() for path in HERE.glob("*.json")}
    for name, written in generate.build().items():
        assert written == before[name], name
    for name in POOLS:
        assert (HERE / name).read_text() == before[name]
