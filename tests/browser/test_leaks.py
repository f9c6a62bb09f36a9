"""A page that leaks on purpose, in every way: the search that finds nothing of the real page finds each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.absence.search import Search
from tests.absence.test_instance import told
from tests.browser import journey
from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.browser.recorder import Recorder
from tests.corpus import load
from tests.journeys.instance import ROOT, Instance, copied

VILLA = next(report for report in load() if report.slug == "08-customs-villa")
_LEAK = """
const leaks = {
  plain: (text) => text,
  base64: (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text))),
  hex: (text) => [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
  percent: (text) => encodeURIComponent(text),
  wide: (text) => new Uint16Array([...text].map((letter) => letter.charCodeAt(0))).buffer,
  hidden: (text) => new Blob([crypto.getRandomValues(new Uint8Array(4000)), text, new Uint8Array(4000)]),
};
document.addEventListener("input", async ({ target }) => {
  for (const [name, coded] of Object.entries(leaks)) {
    await fetch(`/v1/look?${name}`, { method: "POST", body: coded(target.value) });
  }
  await fetch("/v1/keyring", { headers: { "X-Leak": encodeURIComponent(target.value).slice(0, 4000) } });
  document.body.dataset.leaked = target.id;
}, { capture: true });
"""
_WAYS = {"plain", "base64", "hex", "percent", "wide", "hidden"}


@pytest.fixture
def leaky(founded: Instance, tmp_path: Path) -> Iterator[Instance]:
    """Serve an intake whose page leaks."""
    instance = copied(founded, tmp_path / "leaky")
    instance.code = tmp_path / "code"
    for name in ("whistle", "config"):
        shutil.copytree(ROOT / name, instance.code / name, ignore=shutil.ignore_patterns("__pycache__"))
    with (instance.code / "whistle/static/intake/code/pages.js").open("a") as code:
        code.write(_LEAK)
    with instance.serving():
        yield instance


@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_every_leak_is_found(kind: str, start: Start, leaky: Instance) -> None:
    assert leaky.server is not None
    browser = start(kind, Mode.ON)
    search = Search(told(VILLA))
    with Recorder(leaky.server.port) as recorder:
        journey.begin(browser, recorder.address)
        browser.write("What", VILLA.text)
        browser.wait_until(lambda: bool(browser.run("return document.body.dataset.leaked === 'text';")), "the leak")
        requests = recorder.requests()
        found = {request.path.partition("?")[2] for request in requests if search.data(request.body, "a body")}
        heads = [request for request in requests if search.data(request.head, "a head")]
        whole = {hit for said in recorder.bytes_sent() for hit in search.data(said, "the wire")}
    assert found == _WAYS
    assert [request.path for request in heads] == ["/v1/keyring"]
    assert whole
    browser.complaints()  # what it sent was no request of the interface
