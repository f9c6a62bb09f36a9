import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shelf.samples import open_shelf, records, sample, samples, tidied
from whistle.errors import ShelfFull, ShelfUnavailable, ShelfUnsafe
from whistle.shelf import Kept, folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=[0o000, 0o022, 0o077])
def any_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(path: Path) -> dict[str, str]:
    return {entry.name: oct(entry.stat().st_mode & 0o777) for entry in path.iterdir()}


@pytest.mark.usefixtures("any_umask")
def test_nobody_else_can_read_the_folder_or_any_file_that_is_ever_in_it(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    seen: set[str] = set()
    with open_shelf(path) as shelf:
        assert oct(path.stat().st_mode & 0o777) == "0o700"
        shelf.put_messages(records(samples(40)))
        shelf.put_chunks(records(samples(3)))
        for _ in shelf.tidy():
            found = modes(path)
            seen |= set(found)
            assert set(found.values()) == {"0o600"}
    assert {"fresh-messages.sqlite", "sorting.sqlite", "arrivals.sqlite-wal", "messages.sqlite-wal"} <= seen


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777, 0o500])
def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "shelf"
    open_shelf(path).close()
    path.chmod(mode)
    with pytest.raises(ShelfUnsafe, match="shelf: d"):
        open_shelf(path)
    path.chmod(0o700)
    open_shelf(path).close()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700])
@pytest.mark.parametrize("name", ["arrivals.sqlite", "chunks.sqlite", "messages.sqlite"])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    path = tmp_path / "shelf"
    open_shelf(path).close()
    (path / name).chmod(mode)
    with pytest.raises(ShelfUnsafe, match=name):
        open_shelf(path)


def test_what_is_no_folder_or_no_plain_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    open_shelf(path).close()
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(ShelfUnsafe):
        open_shelf(tmp_path / "link")
    (path / "messages.sqlite").rename(tmp_path / "elsewhere.sqlite")
    (path / "messages.sqlite").symlink_to(tmp_path / "elsewhere.sqlite")
    with pytest.raises(ShelfUnsafe):
        open_shelf(path)
    (tmp_path / "file").touch(0o700)
    with pytest.raises(ShelfUnsafe):
        open_shelf(tmp_path / "file")
    with socket.socket(socket.AF_UNIX) as listening:
        (tmp_path / "other").mkdir(0o700)
        listening.bind(str(tmp_path / "other" / "s"))
        with pytest.raises(ShelfUnsafe):
            open_shelf(tmp_path / "other")


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shelf"
    open_shelf(path).close()
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    with pytest.raises(ShelfUnsafe, match="owner"):
        open_shelf(path)


def test_the_error_tells_the_operator_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    path.mkdir(0o755)
    path.chmod(0o755)
    with pytest.raises(ShelfUnsafe) as raised:
        open_shelf(path)
    assert "Give the folder mode 0700 and its files 0600." in raised.value.message()
    assert str(path) in raised.value.message()
    assert "drwxr-xr-x, not drwx------" in raised.value.message()


def test_where_no_folder_can_be_made_the_shelf_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ShelfUnavailable):
        open_shelf(tmp_path / "missing" / "shelf")


def test_one_process_has_the_shelf_and_every_other_is_told(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    imports = "import sys; from pathlib import Path; from tests.shelf.samples import open_shelf"
    code = f"{imports}; open_shelf(Path(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(path)]
    kept = sample()
    with open_shelf(path) as shelf:
        shelf.put_messages([kept.record])
        for _ in shelf.tidy():
            with pytest.raises(ShelfUnavailable):
                open_shelf(path)
        other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert other.returncode == 1
        assert "ShelfInUse" in other.stderr
        assert shelf.put_messages(records(samples(1))) == [Kept.STORED]
    other = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert other.returncode == 0, other.stderr
    with open_shelf(path) as shelf:
        assert shelf.fetch([kept.address]) == [bytes(kept.record)]


def test_a_log_without_its_file_is_not_applied_to_another(tmp_path: Path) -> None:
    path = tmp_path / "shelf"
    stray = path / "sorting.sqlite-wal"
    some = samples(5)
    with open_shelf(path) as shelf:
        shelf.put_messages(records(samples(20)))
        log = (path / "arrivals.sqlite-wal").read_bytes()
    with open_shelf(path) as shelf:
        tidied(shelf)
        shelf.put_messages(records(some))
    stray.touch(0o600)
    stray.write_bytes(log)
    with open_shelf(path) as shelf:
        assert not stray.exists()
        tidied(shelf)
        assert shelf.fetch([each.address for each in some]) == [bytes(each.record) for each in some]


def test_room_is_kept_for_burns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_shelf(tmp_path / "shelf") as shelf:
        kept = sample()
        shelf.put_messages([kept.record])
        shelf.check_room()
        monkeypatch.setattr(folder, "_SPARE_BYTES", 1 << 62)
        with pytest.raises(ShelfFull):
            shelf.check_room()
        assert isinstance(shelf.put_messages(records(samples(1)))[0], ShelfFull)
        assert shelf.put_messages([kept.record]) == [Kept.ALREADY_THERE]
        shelf.burn([kept.token])
        tidied(shelf)
        assert shelf.look([kept.address]) == [False]


def test_no_byte_is_taken_from_a_file_that_still_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    file = folder.NamelessFile(tmp_path / "file")
    with pytest.raises(ShelfUnavailable):
        file.shrink()
    assert (tmp_path / "file").read_bytes() == b"kept"
    (tmp_path / "file").unlink()
    assert not file.shrink()
    file.close()


def test_the_journal_of_a_birth_that_was_cut_off_is_taken_away(tmp_path: Path) -> None:
    place = tmp_path / "shelf"
    some = sample("a")
    with open_shelf(place) as shelf:
        shelf.put_messages([some.record])
    journals = [file.with_name(f"{file.name}-journal") for file in place.glob("*.sqlite")]
    for journal in journals:
        journal.write_bytes(bytes(2568))  # its beginning is cleared once it was undone
        journal.chmod(0o600)
    with open_shelf(place) as shelf:
        assert shelf.look([some.address]) == [True]
    assert len(journals) == 3
    assert not [journal for journal in journals if journal.exists()]
