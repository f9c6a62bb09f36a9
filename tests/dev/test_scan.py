"""Scanners: what they say is read and compared, what is not explained stands out, and both tools find a real hole."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from werkzeug.serving import make_server

from dev.scan.__main__ import ALARMS, SITES, TOOLS, Wish
from dev.scan.dress import with_fresh_draft
from dev.scan.findings import FalseAlarm, Finding, false_alarms, of_sqlmap, of_wapiti, unexplained
from dev.scan.relay import Answer, Relay, Request, ask
from dev.scan.scanners import ScannerError, Target, sqlmap, wapiti

HOLE = Finding(
    "intake", "wapiti", "SQL Injection", "GET", "/item", "id", "SQL injection via injection in the parameter id"
)


def entry(**others: str) -> dict[str, str]:
    return {"tool": "wapiti", "kind": "SQL Injection", "reason": "because"} | others


def test_what_no_alarm_covers_is_left_once() -> None:
    other = Finding("console", *list(vars(HOLE).values())[1:])
    known = FalseAlarm.parse(entry(site="console"))
    assert unexplained([HOLE, other, HOLE], [known]) == [HOLE]


@pytest.mark.parametrize(
    "changed", [{"tool": "sqlmap"}, {"kind": "SQL"}, {"path": "/items"}, {"parameter": "i"}, {"detail": "SQL"}]
)
def test_an_alarm_covers_whole_fields_only(changed: dict[str, str]) -> None:
    assert FalseAlarm.parse(entry(site="intake", path="/item", parameter="id")).covers(HOLE)
    assert not FalseAlarm.parse(entry() | changed).covers(HOLE)


def test_an_alarm_without_a_reason_or_with_a_strange_name_is_refused() -> None:
    with pytest.raises(TypeError):
        FalseAlarm.parse(entry(reason=" "))
    with pytest.raises(TypeError):
        FalseAlarm.parse(entry(paht="/"))


def test_our_list_of_false_alarms_covers_no_hole() -> None:
    kinds = ("SQL Injection", "Blind SQL Injection", "Cross Site Scripting", "Command execution", "Path Traversal")
    for site in ("intake", "door", "console"):
        holes = [Finding(site, "wapiti", kind, "POST", "/replies", "receipt", "found") for kind in kinds]
        holes.append(Finding(site, "sqlmap", "SQL injection", "POST", "/replies", "receipt", "B"))
        assert unexplained(holes, false_alarms(ALARMS)) == sorted(holes)


def test_a_report_of_wapiti_is_read(tmp_path: Path) -> None:
    hole = {"method": "GET", "path": "http://h:1/item?id=1", "info": HOLE.detail, "parameter": "id", "level": 1}
    odd = {"method": "POST", "path": "http://h:1/", "info": "The server\n failed", "parameter": None, "level": 1}
    report = {"vulnerabilities": {"SQL Injection": [hole]}, "anomalies": {"Internal Server Error": [odd]}}
    (tmp_path / "report").write_text(json.dumps(report))
    strange = Finding("intake", "wapiti", "Internal Server Error", "POST", "/", "", "The server failed")
    assert [*of_wapiti("intake", tmp_path / "report")] == [HOLE, strange]


def test_results_and_suspicions_of_sqlmap_are_read(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text("Target URL,Place,Parameter,Technique(s),Note(s)\nhttp://h:1/item?id=1,GET,id,BU,\n")
    said = (
        "heuristic (basic) test shows that GET parameter 'id' might not be injectable\n"
        "heuristic (XSS) test shows that GET parameter 'id' might be vulnerable to cross-site scripting (XSS) attacks\n"
    )
    found = [*of_sqlmap("intake", "GET", results, said)]
    assert [(one.kind, one.path, one.parameter) for one in found] == [
        ("SQL injection", "/item", "id"),
        ("suspected XSS", "/item", "id"),
    ]
    assert [*of_sqlmap("intake", "GET", tmp_path / "nothing", "all is well")] == []


def test_what_is_not_named_is_done_in_full() -> None:
    assert Wish.of([]) == Wish(SITES, TOOLS, quick=False)
    assert Wish.of(["door", "--quick"]) == Wish(frozenset({"door"}), TOOLS, quick=True)
    assert Wish.of(["sqlmap"]) == Wish(SITES, frozenset({"sqlmap"}), quick=False)
    with pytest.raises(ValueError, match="dor"):
        Wish.of(["dor"])


# --- with a site that has holes


class Plain:
    """A dress that changes one field, and remembers what was answered."""

    def __init__(self) -> None:
        self.answered: list[int] = []

    def dressed(self, request: Request) -> Request:
        return request.having("X-Dressed", "yes")

    def seen(self, _request: Request, answer: Answer) -> None:
        self.answered.append(answer.status)

    def route(self, path: str) -> str:
        return path


@pytest.fixture(scope="module")
def holes() -> Iterator[int]:
    app = Flask("holes")
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.executescript("CREATE TABLE item (id INTEGER, name TEXT); INSERT INTO item VALUES (1, 'harbour')")

    @app.get("/")
    def start() -> str:
        return '<a href="/item?id=1">one</a><form method="post" action="/said"><input name="text"></form>'

    @app.get("/item")
    def item() -> str | tuple[str, int]:
        try:
            return str(database.execute(f"SELECT name FROM item WHERE id = {request.args['id']}").fetchall())  # noqa: S608
        except sqlite3.Error as error:
            return f"sqlite3.OperationalError: {error}", 500

    @app.post("/said")
    def said() -> str:
        return f"<p>{request.form['text']}</p>{request.headers.get('X-Dressed')}"

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


def test_the_relay_dresses_what_it_passes_on_and_counts_what_came_back(holes: int) -> None:
    dress = Plain()
    with Relay(holes, dress) as relay:
        form = (("Host", "a"), ("Content-Type", "application/x-www-form-urlencoded"))
        assert ask(relay.port, Request("POST", "/said", form, b"text=hello")).body == b"<p>hello</p>yes"
        assert ask(relay.port, Request("GET", "/nothing", (("Host", "a"),), b"")).status == 404
    assert dress.answered == [200, 404]
    assert relay.counts == {("POST", "/said", 200): 1, ("GET", "/nothing", 404): 1}


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"csrf_token=t&draft=", b"&text=Hi"),
        (b'--%b\r\nContent-Disposition: form-data; name="draft"\r\n\r\n', b"\r\n--%b--\r\n"),
        (
            b'--%b\r\nContent-Disposition: form-data; name="draft"\r\nContent-Type: text/plain\r\n\r\n',
            b"\r\n--%b--\r\n",
        ),
    ],
)
def test_a_draft_is_made_fresh_and_what_stands_between_the_parts_stays(before: bytes, behind: bytes) -> None:
    between, draft = b"0123456789abcdef" * 2, b"ab" * 16
    before, behind = before.replace(b"%b", between), behind.replace(b"%b", between)
    made = with_fresh_draft(before + draft + behind)
    assert made.startswith(before)
    assert made.endswith(behind)
    assert len(made) == len(before + draft + behind)
    assert draft not in made


@pytest.mark.long
def test_wapiti_finds_the_holes(holes: int, tmp_path: Path) -> None:
    with Relay(holes, Plain()) as relay:
        found = wapiti("holes", f"http://127.0.0.1:{relay.port}/", tmp_path, modules="sql,xss")
    assert {(one.kind, one.path, one.parameter) for one in unexplained(found, false_alarms(ALARMS))} >= {
        ("SQL Injection", "/item", "id"),
        ("Cross Site Scripting", "/said", "text"),
    }


@pytest.mark.long
def test_sqlmap_finds_the_hole(holes: int, tmp_path: Path) -> None:
    with Relay(holes, Plain()) as relay:
        found = sqlmap("holes", f"http://127.0.0.1:{relay.port}", Target("GET", "/item?id=1", level=1), tmp_path)
    left = unexplained(found, false_alarms(ALARMS))
    assert ("SQL injection", "/item", "id") in {(one.kind, one.path, one.parameter) for one in left}


@pytest.mark.long
def test_a_scanner_that_could_not_work_is_no_good_news(tmp_path: Path) -> None:
    with pytest.raises(ScannerError):
        sqlmap("holes", "http://127.0.0.1:1", Target("GET", "/item?id=1", level=1), tmp_path)
