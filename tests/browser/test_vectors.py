"""Every vector of ``tests/vectors`` in real browsers, with the bundle that pages are made of."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.browser.conftest import Start
from tests.browser.driving import Mode
from tests.browser.site import serving
from tests.journeys.instance import ROOT

VECTORS = ROOT / "tests" / "vectors"
#: Two hold records and documents that the others speak of; a manifest is for whoever checks a site from outside.
_NOT_FOR_PAGES = {"records", "documents", "manifest"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("vectors")
    subprocess.run(["node", str(ROOT / "browser/test/page/build.mjs"), str(folder)], check=True)
    languages = sorted(path.stem for path in (folder / "words").iterdir())
    (folder / "languages.json").write_text(json.dumps(languages))
    (folder / "index.html").write_text('<!doctype html><script type="module" src="/vectors.js"></script>')
    with serving(folder, VECTORS.parent) as address:
        yield address


def files() -> list[str]:
    return sorted(path.stem for path in VECTORS.glob("*.json") if path.stem not in _NOT_FOR_PAGES)


@pytest.mark.parametrize(
    "mode",
    [Mode.ON, pytest.param(Mode.SAFER, marks=pytest.mark.long)],  # without a compiler, a minute for each browser
    ids=lambda mode: mode.value,
)
@pytest.mark.parametrize("kind", ["Chromium", "Firefox"])
def test_every_vector_gives_what_it_says(kind: str, mode: Mode, start: Start, site: str) -> None:
    browser = start(kind, mode)
    browser.go(site + "?" + "&".join(f"file={name}" for name in files()))
    browser.wait_until(lambda: bool(browser.run("return !!document.querySelector('output');")), "the vectors", 240)
    tried = json.loads(browser.run("return document.querySelector('output').textContent;"))
    wanted = []
    for name in files():
        for vector in json.loads((VECTORS / f"{name}.json").read_text())["vectors"]:
            outcome = {"error": vector["error"]} if "error" in vector else {"gives": vector["gives"]}
            wanted.append([name, vector["name"], outcome])
    assert len(wanted) > 400
    differs = [(each, want) for each, want in zip(tried, wanted, strict=True) if each != want]
    assert differs == [], str([(each[0], each[1], str(each[2])[:300], str(want[2])[:300]) for each, want in differs])
    safer = browser.run("return typeof WebAssembly === 'undefined';")
    assert safer == (mode is Mode.SAFER)
