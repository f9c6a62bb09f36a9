"""A reviewer's commands, as a person or a script types them, against a real shelf over the courier of the tests."""

import os
import re
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import click
import pytest
from click.testing import CliRunner, Result

import whistle.cli.console as commands
from tests.console.world import ANA, PASSPHRASE, DirectCourier, World
from whistle.cli import desks, vaults, whistle
from whistle.console.delivery import Alarm
from whistle.errors import (
    AlreadyJoined,
    CaseUnknown,
    ConsoleError,
    FingerprintDiffers,
    KeyringMalformed,
    PassphraseTooShort,
    SettingsError,
    ShelfFull,
    VaultExists,
    WrongPassphrase,
)
from whistle.protocol.canonical import decode, encode
from whistle.protocol.keys import Identity
from whistle.protocol.receipt import Receipt
from whistle.protocol.sealing import Author, Place, pack, seal
from whistle.protocol.signing import Signed
from whistle.protocol.statement import Statement


def run(*arguments: object, secrets: Sequence[str] = (PASSPHRASE,), stdin: str | None = None) -> Result:
    """Run a command with passphrases on a file descriptor, and return what it printed; our own errors are raised."""
    reader, writer = os.pipe()
    os.write(writer, "".join(f"{secret}\n" for secret in secrets).encode())
    os.close(writer)
    try:
        typed = [*map(str, arguments), "--passphrase-fd", str(reader)]
        result = CliRunner().invoke(whistle, typed, input=stdin, catch_exceptions=True)
    finally:
        os.close(reader)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give two reviewers and a custodian today, whose commands reach the shelf of the test."""
    made = World(tmp_path, datetime.now(UTC).date())
    for name in ("ana", "bo", "chi"):
        made.employ(name)
    for desk in made.desks.values():
        desk.lock()

    class Courier(DirectCourier):
        def __init__(self, address: str, proxy: str | None = None) -> None:
            assert address == "http://127.0.0.1:1"
            assert proxy is None
            super().__init__(made)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_error: object) -> None:
            self.calls.append("closed")

    monkeypatch.setattr(desks, "HttpCourier", Courier)
    yield made
    made.close()


@pytest.fixture
def config(world: World) -> Path:
    return configured(world, "ana")


def configured(world: World, name: str, intake: str = "http://127.0.0.1:1") -> Path:
    path = world.folder / f"{name}.toml"
    path.write_text(f'[console]\nfolder = "{name}"\nintake = "{intake}"\nkeep_days = 30\npost_minutes = 0\n')
    return path


def case_in(listing: str) -> str:
    (label,) = re.findall(r"^[0-9a-f]{8}", listing, re.MULTILINE)
    return str(label)


def test_a_report_is_read_and_answered(world: World, config: Path, tmp_path: Path) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "The tender was fixed.\nBy two people.", files=[("план\u202e.txt", b"plan"), ("../b", b"bb")])
    assert "1 new message." in run("sync", "--config", config).output
    listing = run("inbox", "--config", config).output
    assert "The tender was fixed. By two people." in listing
    assert "1 unread" in listing
    case = case_in(listing)
    shown = run("read", "--config", config, case, "--save", tmp_path / "saved").output
    assert "\n  The tender was fixed.\n  By two people.\n" in shown
    assert "Source, " in shown
    assert "read by ana, bo" in shown
    assert "File 1: план\\u{202e}.txt, 4 bytes" in shown
    saved = {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}
    assert saved == {"1-1-план.txt": b"plan", "1-2-b": b"bb"}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "saved").iterdir()} == {0o600}
    with pytest.raises(ConsoleError, match="already there"):
        run("read", "--config", config, case, "--save", tmp_path / "saved")
    assert "unread" not in run("inbox", "--config", config).output
    (tmp_path / "answer.txt").write_text("Which two?\n")
    (tmp_path / "form.pdf").write_bytes(b"%PDF")
    done = run(
        "reply", "--config", config, case, "--text", tmp_path / "answer.txt", "--attach", tmp_path / "form.pdf", "--yes"
    )
    assert "The reply is stored as number 1." in done.output
    assert "The source and these people will read it: ana, bo." in done.output
    source = world.source(receipt)
    (reply,) = (source.load(each) for each in source.visit().replies)
    assert reply.content is not None
    assert reply.content.text == "Which two?\n"
    assert [file.name for file in reply.files] == ["form.pdf"]
    assert "Which two?" in run("read", "--config", config, case).output
    bo = configured(world, "bo")
    assert "1 reply of a colleague." in run("sync", "--config", bo).output


def test_a_reply_asks_before_it_goes(world: World, config: Path, tmp_path: Path) -> None:
    world.tell(Receipt.generate(), "report")
    run("sync", "--config", config)
    case = case_in(run("inbox", "--config", config).output)
    (tmp_path / "answer.txt").write_text("hello")
    asked = run("reply", "--config", config, case, "--text", tmp_path / "answer.txt", stdin="n\n")
    assert asked.exit_code == 1
    assert "Is that right?" in asked.output
    assert "hello" not in run("read", "--config", config, case).output
    agreed = run("reply", "--config", config, case, "--text", tmp_path / "answer.txt", stdin="y\n")
    assert agreed.exit_code == 0
    assert run("reply", "--config", config, case, stdin="hello").exit_code == click.UsageError.exit_code
    assert "number 2" in run("reply", "--config", config, case, "--yes", stdin="from standard input").output


def test_a_reader_who_cannot_be_written_to_is_named(world: World, config: Path, tmp_path: Path) -> None:
    world.tell(Receipt.generate(), "report")
    del world.statements[2]
    run("sync", "--config", config)
    case = case_in(run("inbox", "--config", config).output)
    (tmp_path / "answer.txt").write_text("hello")
    done = run("reply", "--config", config, case, "--text", tmp_path / "answer.txt", "--yes")
    assert "these people will read it: ana." in done.output
    assert "bo will not: " in done.output


def test_text_of_a_source_drives_no_terminal(world: World, config: Path) -> None:
    world.tell(Receipt.generate(), "\x1b[2Jcleared \u202e")
    run("sync", "--config", config)
    listing = run("inbox", "--config", config).output
    shown = run("read", "--config", config, case_in(listing)).output
    assert "\x1b" not in listing + shown
    assert "\u202e" not in listing + shown
    assert "\\u{1b}[2Jcleared" in shown


def test_what_did_not_verify_is_said_in_words(world: World, config: Path) -> None:
    signed = Statement.claimed(world.statements[ANA])
    place = Place(bytes(32), bytes(32))
    nobody = Author(Identity.generate(), 0, 0)
    world.put(seal(place, pack(b'{"kind":"referral"}'), nobody, world.site, [signed.recipient]))
    assert "0 new messages." in run("sync", "--config", config).output
    assert (
        "This is a kind of message that this version of Whistle does not know."
        in run("inbox", "--config", config).output
    )


def test_errors_are_raised_as_ours(world: World, config: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphrase):
        run("inbox", "--config", config, secrets=["not the passphrase"])
    with pytest.raises(CaseUnknown):
        run("read", "--config", config, "abcd")
    with pytest.raises(SettingsError):
        run("sync", "--config", configured(world, "bo", intake=""))
    (tmp_path / "wrong.toml").write_text('[console]\nfolder = "ana"\nintake = ""\npasphrase = "x"\n')
    with pytest.raises(SettingsError, match="line 4"):
        run("inbox", "--config", tmp_path / "wrong.toml")


def test_no_passphrase_is_an_argument() -> None:
    """Nothing that a command takes on its line, where every process can read it, is a secret."""
    for command in (
        commands.sync,
        commands.inbox,
        commands.read,
        commands.reply,
        vaults.backup,
        vaults.restore,
        vaults.change_passphrase,
        vaults.enrol,
        vaults.join,
        vaults.rotate,
    ):
        names = {option for parameter in command.params for option in parameter.opts}
        assert "--passphrase-fd" in names
        assert not any("passphrase" in name and not name.endswith("-fd") for name in names)


def test_the_way_into_an_organisation(world: World, tmp_path: Path) -> None:
    folder, request = tmp_path / "dora", tmp_path / "dora.enrolment"
    enrol = ("keys", "enrol", folder, "--name", "Dora", "--role", "oversight", "--out", request, "--weak")
    with pytest.raises(PassphraseTooShort):
        run(*enrol, secrets=["short", "short"])
    assert "keeper of the root" in run(*enrol).output
    with pytest.raises(VaultExists):
        run(*enrol)
    person = world.certify(request.read_bytes())
    (tmp_path / "keyring.json").write_bytes(encode({"keyring": world.published.keyring.to_json(), "successions": []}))
    join = ("keys", "join", folder, "--keyring", tmp_path / "keyring.json", "--fingerprint")
    with pytest.raises(FingerprintDiffers):
        run(*join, "one two three")
    joined = run(*join, world.words).output
    assert f"You are Dora, number {person.id}, at Bureau." in joined
    with pytest.raises(AlreadyJoined):
        run(*join, world.words)
    run("keys", "rotate", folder, "--out", tmp_path / "statement.json")
    signed = Signed.from_json(decode((tmp_path / "statement.json").read_bytes()))
    assert Statement.verify(signed, person.signing).person == person.id
    with pytest.raises(ConsoleError, match="cannot be written"):
        run("keys", "rotate", folder, "--out", tmp_path / "no" / "such" / "folder")


def test_joining_by_asking_the_intake(world: World, tmp_path: Path) -> None:
    folder, request = tmp_path / "dora", tmp_path / "dora.enrolment"
    run("keys", "enrol", folder, "--name", "Dora", "--out", request, "--weak")
    world.certify(request.read_bytes())
    joined = run("keys", "join", folder, "--intake", "http://127.0.0.1:1", stdin=f"{world.words}\n")
    assert "You are Dora" in joined.output
    assert run("keys", "join", folder).exit_code == click.UsageError.exit_code
    (tmp_path / "junk").write_bytes(b"junk")
    with pytest.raises(KeyringMalformed):
        run("keys", "join", folder, "--keyring", tmp_path / "junk", "--fingerprint", world.words)


def test_backup_restore_and_passphrase(world: World, config: Path, tmp_path: Path) -> None:
    world.tell(Receipt.generate(), "report")
    run("sync", "--config", config)
    usual, full = tmp_path / "usual", tmp_path / "full"
    assert "Replace it" not in run("vault", "backup", tmp_path / "ana", usual).output
    assert "Replace it after each deletion" in run("vault", "backup", tmp_path / "ana", full, "--full").output
    with pytest.raises(WrongPassphrase):
        run("vault", "restore", usual, tmp_path / "restored", secrets=["not the passphrase"])
    restored = run("vault", "restore", usual, tmp_path / "restored")
    assert "you have no key that is valid today" in restored.output
    assert "The vault is restored." in run("vault", "restore", full, tmp_path / "whole").output
    changed = run("vault", "passphrase", tmp_path / "ana", "--weak", secrets=[PASSPHRASE, "another passphrase"])
    assert "changed" in changed.output
    with pytest.raises(WrongPassphrase):
        run("inbox", "--config", config)
    assert "report" in run("inbox", "--config", config, secrets=["another passphrase"]).output
    run("vault", "backup", tmp_path / "ana", "--destroyed", full, secrets=["another passphrase"])
    with world.desk_at("ana") as desk:
        desk.unlock("another passphrase")
        session = desk._session
        assert session is not None
        assert session.vault.secrets.backups == ()


def test_a_withdrawal_is_said(world: World, config: Path) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "report", files=[("a", b"a" * 9)])

    run("sync", "--config", config)
    case = case_in(run("inbox", "--config", config).output)
    world.source(receipt).withdraw((ANA,), "en")
    run("sync", "--config", config)
    assert "The source has taken this back." in run("read", "--config", config, case).output


def test_a_report_cannot_pass_for_the_answer_of_a_colleague(world: World, config: Path) -> None:
    forged = "All is well.\n\nbo, 2026-11-21, message 1, read by ana, bo\nClose this case.\rNow."
    world.tell(Receipt.generate(), forged, files=[("a\nbo, 2026-11-21, message 2, read by ana, bo\nx", b"")])
    run("sync", "--config", config)
    shown = run("read", "--config", config, case_in(run("inbox", "--config", config).output)).output
    assert not re.search("^bo, ", shown, re.MULTILINE)
    assert "\n  bo, 2026-11-21, message 1, read by ana, bo\n  Close this case.\\u{d}Now.\n" in shown


def test_files_of_a_message_and_of_its_answer_keep_apart_when_saved(world: World, config: Path, tmp_path: Path) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "With a picture.", files=[("a.png", b"of the source")])
    run("sync", "--config", config)
    case = case_in(run("inbox", "--config", config).output)
    (tmp_path / "a.png").write_bytes(b"of the reviewer")
    run("reply", "--config", config, case, "--attach", tmp_path / "a.png", "--yes", stdin="Thank you.")
    run("read", "--config", config, case, "--save", tmp_path / "saved")
    saved = {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}
    assert saved == {"1-1-a.png": b"of the source", "answer-1-1-a.png": b"of the reviewer"}


# --- records leave at moments of their own


def spread(world: World, name: str = "ana") -> Path:
    path = configured(world, name)
    path.write_text(path.read_text().replace("post_minutes = 0", "post_minutes = 15"))
    return path


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the time that is waited pass at once, and return it."""
    waited: list[float] = []
    monkeypatch.setattr(Alarm, "now", lambda _alarm: sum(waited))
    monkeypatch.setattr(Alarm, "wait", lambda _alarm, seconds: waited.append(seconds))
    return waited


def records(world: World) -> int:
    return len(world.shelf.messages_of(world.today, b"", 1_000))


def test_records_leave_over_a_quarter_of_an_hour(world: World, waits: list[float]) -> None:
    done = run("sync", "--config", spread(world))
    assert done.exit_code == 0
    assert "8 records of today leave at random moments of the next 15 minutes" in done.output
    assert records(world) == 8
    assert 0 < sum(waits) < 15 * 60
    assert len(waits) == 8


def test_ctrl_c_sends_the_rest_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def press(_alarm: Alarm, seconds: float) -> None:
        assert seconds > 0
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Alarm, "wait", press)
    assert run("sync", "--config", spread(world)).exit_code == 0
    assert records(world) == 8
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_reply_leaves_at_a_moment_of_its_own(world: World, config: Path, waits: list[float]) -> None:
    receipt = Receipt.generate()
    world.tell(receipt, "The tender was fixed.")
    run("sync", "--config", config)
    case = case_in(run("inbox", "--config", config).output)
    before = records(world)
    done = run("reply", case, "--config", spread(world), "--text", written(world, "Thank you."), "--yes")
    assert "The reply is stored as number 1." in done.output
    assert records(world) - before == 1
    assert len(waits) == 1
    (reply,) = world.source(receipt).visit().replies
    assert reply.content is not None
    assert reply.content.text == "Thank you."


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("minutes", [0, 15])
def test_a_shelf_without_room_is_told_calmly(
    world: World, config: Path, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    def full(_courier: DirectCourier, _record: object) -> None:
        raise ShelfFull

    receipt, path = Receipt.generate(), config if not minutes else spread(world)
    world.tell(receipt, "The tender was fixed.")
    with monkeypatch.context() as while_full:
        while_full.setattr(DirectCourier, "put_message", full)
        done = run("sync", "--config", path)
        assert done.exit_code == 75
        assert "1 new message." in done.output
        assert "8 records of this console wait for it. Nothing is lost; they leave next time." in done.output
        assert "Error" not in done.output
        case = case_in(run("inbox", "--config", path).output)
        if minutes:
            reply = run("reply", case, "--config", path, "--text", written(world, "Thank you."), "--yes")
            assert reply.exit_code == 75
            assert "The reply is kept." in reply.output
    before = records(world)
    assert run("sync", "--config", path).exit_code == 0
    assert records(world) - before == 8
    assert len(world.source(receipt).visit().replies) == (1 if minutes else 0)


def written(world: World, text: str) -> Path:
    path = world.folder / "answer.txt"
    path.write_text(text)
    return path
