import gzip
from pathlib import Path

import pytest

from tests.intake.server import Client, Server, request
from whistle.intake.static import StaticFiles


def test_a_file_is_answered_from_memory(server: Server) -> None:
    answer = server.get("/static/page.css")
    assert (answer.status, answer.body) == (200, b"body { color: black }")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_head_answers_without_the_file(server: Server) -> None:
    with Client(server.port) as client:
        client.send(request("HEAD", "/static/page.css") + request("GET", "/static/page.css"))
        assert client.answer(has_body=False).headers["content-length"] == "21"
        assert client.answer().body == b"body { color: black }"


@pytest.mark.parametrize(
    "target",
    ["/static/../keyring.json", "/static/%2e%2e/keyring.json", "/static/", "/static/page.css/", "/static//page.css"],
)
def test_no_other_file_can_be_named(server: Server, target: str) -> None:
    assert server.get(target).status == 404


def test_a_file_after_a_file_and_then_a_form_on_one_connection(server: Server) -> None:
    with Client(server.port) as client:
        client.send(request("GET", "/static/page.css"))
        assert client.answer().status == 200
        client.send(request("POST", "/echo", b"abc"))
        assert client.answer().body == b"3"


def test_a_script_is_compressed_for_those_who_take_it(server: Server) -> None:
    plain = server.get("/static/page.css")
    for accepted in ("gzip", "gzip, deflate, br", "br, GZIP"):
        packed = server.get("/static/page.css", Accept_Encoding=accepted)
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == plain.body
        others = {"content-length", "content-encoding"}
        assert {name: value for name, value in packed.headers.items() if name not in others} == {
            name: value for name, value in plain.headers.items() if name not in others
        }
    for refused in ("identity", "gzip;q=0", "", "x-gzip"):
        assert server.get("/static/page.css", Accept_Encoding=refused).body == plain.body


def test_only_files_of_a_known_type_are_read(tmp_path: Path) -> None:
    for name in ("a.css", "b.py", "c", "d.css~"):
        (tmp_path / name).write_text(name)
    assert list(StaticFiles({"/static/": tmp_path})._files) == ["/static/a.css"]


def test_a_folder_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert StaticFiles({"/.well-known/": tmp_path / "none"})._files == {}
