"""docs/protocol.md says what the code does: its numbers, labels, errors, fields and examples."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.cast import keyring, signed_statement, signer
from tests.protocol.test_message import KINDS, examples, json_of
from tests.vectors.examples import DOCUMENT, EXAMPLES, with_examples
from tests.vectors.of_manifest import manifest_of, release
from whistle import errors
from whistle.courier import wire
from whistle.errors import ProtocolError
from whistle.intake.heads import SMALLEST_INTERFACE_BODY
from whistle.protocol import keyring as keyring_document
from whistle.protocol import labels, listing, manifest, published, signing, work
from whistle.protocol.canonical import decode
from whistle.protocol.fields import INDEX_LIMIT, PERSON_LIMIT
from whistle.protocol.receipt import LANGUAGES, wordlist
from whistle.protocol.signing import Signed

TEXT = DOCUMENT.read_text()
PROTOCOL = Path(labels.__file__).parent


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    below = TEXT.split(f"{heading}\n", 1)[1]
    found = []
    for line in below.splitlines():
        if line.startswith("|"):
            found.append([cell.strip() for cell in line.strip("|").split(" | ")])
        elif found:
            break
    return found[2:]


def test_the_table_of_sizes_is_that_of_the_code() -> None:
    known = {f"`{name}`": value for name, value in vars(labels).items() if isinstance(value, int) and name.isupper()}
    assert {row[0]: int(row[1]) for row in rows("### Sizes")} == known


def test_the_table_of_other_limits_is_that_of_the_code() -> None:
    assert [int(row[1]) for row in rows("### Other limits")] == [
        signing.SIGNING_KEY_SIZE,
        listing.NONCE_SIZE,
        len(work.solve(b"", "", b"", 0)),
        INDEX_LIMIT,
        PERSON_LIMIT,
        keyring_document._CHANNEL_LIMIT,
        keyring_document.NAME_LIMIT,
        255,
        published._SUCCESSION_LIMIT,
        published._WORK_LIMIT,
        wire.PUBLISHED_LIMIT,
        SMALLEST_INTERFACE_BODY,
        wire.STATEMENT_LIMIT,
        wire.LISTING_PAGE,
        wire.PASS_SECONDS,
        manifest.MANIFEST_LIMIT,
        manifest.VERSION_LIMIT,
        manifest.HEADER_LIMIT,
        manifest.HEADER_VALUE_LIMIT,
        manifest.PAGE_LIMIT,
        manifest.SITE_FILE_LIMIT,
        manifest.SITE_FILE_SIZE_LIMIT,
        manifest.SITE_PATH_LIMIT,
    ]


def test_the_table_of_labels_is_that_of_the_code() -> None:
    known = {f"`{name}`": f"`{value.decode()}`" for name, value in vars(labels).items() if isinstance(value, bytes)}
    assert {row[0]: row[1] for row in rows("### Labels")} == known


def test_the_table_of_word_lists_is_that_of_the_code() -> None:
    known = [[f"`{name}`", f"`{sha256(chr(10).join(wordlist(name)).encode()).hexdigest()}`"] for name in LANGUAGES]
    assert rows("### Receipts") == known


def test_the_table_of_errors_is_that_of_the_code() -> None:
    families = {"StreamError", "KeyringError", "StatementError", "ManifestError"}
    known = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, ProtocolError) and kind is not ProtocolError
    }
    told = {row[0].strip("`"): row[1] for row in rows("## 12. Errors")}
    assert set(told) == set(known) - families
    for name, meaning in told.items():
        kind_of = re.match(r"a kind of `(\w+)`", meaning)
        assert known[name].__mro__[1].__name__ == (kind_of[1] if kind_of else "ProtocolError"), name


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_stands_in_the_text(name: str) -> None:
    assert TEXT.count(f"<!-- example: {name} -->\n```text\n") == 1


def test_the_examples_are_what_the_code_computes() -> None:
    assert with_examples(TEXT) == TEXT


FIELDS = {
    "message": "### From a source: `message` and `withdraw`",
    "withdraw": "### From a source: `message` and `withdraw`",
    "reply": "### `reply`",
    "contact": "### `contact`",
    "event": "### `event`",
    "inventory": "### `inventory`",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_is_told_in_its_order(kind: str) -> None:
    told = []
    for names, value in (row[:2] for row in rows(FIELDS[kind])):
        if " only" not in value or f"`{kind}` only" in value:
            told += re.findall(r"`(\w+)`", names)
    assert told == list(json_of(examples()[kind]))


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("### Keyring", lambda: keyring().sign(signer("root")).untrusted_payload),
        ("### Statements", lambda: signed_statement(1).untrusted_payload),
        ("### The manifest of a site", lambda: Signed.from_json(decode(manifest_of())).untrusted_payload),
        ("### Release", lambda: bytes(release())),
    ],
)
def test_every_field_of_what_is_signed_is_told_in_its_order(heading: str, value: Any) -> None:
    told = [name for row in rows(heading) for name in re.findall(r"`(\w+)`", row[0])]
    fields = decode(value())
    assert isinstance(fields, dict)
    assert told == list(fields)


def test_every_path_and_header_of_the_interface_is_told() -> None:
    for name, value in vars(wire).items():
        if name.endswith(("_PATH", "_HEADER")):
            assert f"{value}" in TEXT.split("## 9. The shelf's interface", 1)[1], name


@pytest.mark.parametrize("module", sorted(path.name for path in PROTOCOL.glob("*.py") if path.name != "__init__.py"))
def test_every_module_names_a_section_that_exists(module: str) -> None:
    named = re.search(r"docs/protocol\.md, sections? (\d+)", (PROTOCOL / module).read_text())
    assert named is not None
    assert f"\n## {named[1]}. " in TEXT


def test_every_label_in_the_text_is_known() -> None:
    known = {value.decode() for value in vars(labels).values() if isinstance(value, bytes)}
    assert set(re.findall(r"whistle/1/[a-z0-9][a-z0-9 -]*", TEXT)) == known
