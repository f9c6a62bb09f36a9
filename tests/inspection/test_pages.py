"""The strict reader: it never sees less than a browser, and what it cannot judge it refuses."""

from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.mirror import Mirror
from whistle.inspection.findings import Kind
from whistle.inspection.pages import Known, Unclear, is_own_path, judge, read

KNOWN = Known(frozenset({"/static/site.css", "/static/code/pages.js"}), frozenset({"/", "/replies", "/a%20b"}))
HEAD = "<!doctype html>\n"

names = st.sampled_from(["p", "a", "b", "div", "form", "template", "title", "textarea", "script", "input", "li"])
attributes = st.dictionaries(
    st.sampled_from(["href", "src", "class", "data-x", "checked", "value", "onclick"]), st.text(max_size=8), max_size=3
)
texts = st.text(max_size=12).map(escape)


@st.composite
def documents(draw: Any) -> str:
    """Return a page as a template might write it."""
    parts = [HEAD]
    for _tag in range(draw(st.integers(0, 8))):
        told = "".join(f' {name}="{escape(value)}"' for name, value in draw(attributes).items())
        name = draw(names)
        parts.append(draw(st.sampled_from([f"<{name}{told}>", f"</{name}>", f"<{name}{told}></{name}>"])))
        parts.append(draw(texts | st.sampled_from(["<!-- 0af -->", "<!-- a-b -->"])))
    return "".join(parts)


class Forgiving(HTMLParser):
    """Reads as browsers do, as far as a library can."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


@given(documents())
def test_what_it_accepts_a_forgiving_parser_reads_alike(document: str) -> None:
    try:
        page = read(document.encode(errors="surrogatepass"))
    except Unclear:
        return
    forgiving = Forgiving()
    forgiving.feed(document)
    forgiving.close()
    assert [each.name for each in page.elements] == [name for name, _told in forgiving.tags]
    assert [set(each.attributes) for each in page.elements] == [set(told) for _name, told in forgiving.tags]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_lead_to_another_error(untrusted: bytes) -> None:
    for body in (untrusted, HEAD.encode() + untrusted):
        try:
            page = read(body)
        except Unclear:
            continue
        list(judge("/", page, KNOWN))
        assert isinstance(page.skeleton, tuple)


@given(st.text(alphabet="<>!-/ \"'=abscript\n", max_size=60))
def test_no_tag_hides_behind_what_looks_like_text(document: str) -> None:
    try:
        page = read((HEAD + document).encode())
    except Unclear:
        return
    outside = document
    for comment in outside.split("<!-- ")[1:]:
        outside = outside.replace(f"<!-- {comment.partition('-->')[0]}-->", "")
    assert outside.count("<") == len(page.elements) + outside.count("</")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<html></html>",
        "<!DOCTYPE html><p></p>",
        "\ufeff<!doctype html>",
        HEAD + "<!-->",
        HEAD + "<!--->",
        HEAD + "<!-- a > -->",
        HEAD + "<!-- a -- b -->",
        HEAD + "<!-- a --!>",
        HEAD + "<!--a-->",
        HEAD + "<!-- a",
        HEAD + "<!doctype html>",
        HEAD + "<![CDATA[ a ]]>",
        HEAD + "<?xml ?>",
        HEAD + "<p",
        HEAD + "<p a='b'>",
        HEAD + "<p a=b>",
        HEAD + '<p a = "b">',
        HEAD + '<p a="b"c="d">',
        HEAD + '<p a="b" a="c">',
        HEAD + '<p a="<">',
        HEAD + '<p a=">">',
        HEAD + "<p/a>",
        HEAD + "<p\x0ca>",
        HEAD + "<P>",
        HEAD + "</p >",
        HEAD + "< p>",
        HEAD + "<title><b></b></title>",
        HEAD + "<title>a",
        HEAD + "<textarea></title></textarea>",
        HEAD + '<script src="/static/code/pages.js"><!-- a --></script>',
        HEAD + "\r",
        HEAD + "\x1b[2J",
    ],
)  # fmt: skip
def test_what_browsers_might_read_otherwise_is_refused(document: str) -> None:
    with pytest.raises(Unclear):
        read(document.encode())


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    for body in (b"<!doctype html>\xff", "<!doctype html>".encode("utf-16"), b"\xef\xbb\xbf<!doctype html>"):
        with pytest.raises(Unclear):
            read(body)


@pytest.mark.parametrize(
    "piece",
    [
        '<link rel="stylesheet" href="/static/site.css">',
        '<script type="module" src="/static/code/pages.js" data-way="x"></script>',
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        '<a href="/replies">a</a><a href="#main">a</a><a href="?a=b">a</a><a href="/a%20b?c=d&amp;e=f#g">a</a>',
        '<a href="https://www.example.org/a_b/">a</a>',
        '<form method="post" action="/report" accept-charset="utf-8"><input type="file" multiple name="file"></form>',
        '<p lang="en" translate="no" hidden aria-live="polite">a &lt;script&gt; b</p><!-- 0a1b -->',
        '<br/><input type="checkbox" checked/>',
        '<template id="a"><p></p></template><noscript><p>a</p></noscript>',
        "<textarea>\n&lt;img src=x onerror=y&gt;</textarea>",
    ],
)
def test_what_our_templates_write_is_nothing_to_say_about(piece: str) -> None:
    assert list(judge("/", read((HEAD + piece).encode()), KNOWN)) == []


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ('<a href="javascript:a">', Kind.ADDRESS),
        ('<a href=" javascript:a">', Kind.ADDRESS),
        ('<a href="java\tscript:a">', Kind.ADDRESS),
        ('<a href="JAVASCRIPT:a">', Kind.ADDRESS),
        ('<a href="&#x6a;avascript:a">', Kind.ADDRESS),
        ('<a href="/\t/elsewhere">', Kind.ADDRESS),
        ('<a href="/\\elsewhere">', Kind.ADDRESS),
        ('<a href="//elsewhere">', Kind.ADDRESS),
        ('<a href="/&#47;elsewhere">', Kind.ADDRESS),
        ('<a href="mailto:a@b">', Kind.ADDRESS),
        ('<a href="https://a:b@elsewhere/">', Kind.ADDRESS),
        ('<form action="https://elsewhere/">', Kind.ADDRESS),
        ('<link rel="stylesheet" href="/static/site.css?2">', Kind.UNLISTED),
        ('<link rel="manifest" href="/">', Kind.UNLISTED),
        ('<img src="">', Kind.UNLISTED),
        ('<input type="image" src="/static/a.png">', Kind.UNLISTED),
        ('<script src="/static/code/pages.js" type="text/babel"></script>', Kind.INLINE),
        ('<img srcset="/a 1x">', Kind.ATTRIBUTE),
        ('<a href="/" referrerpolicy="unsafe-url">', Kind.ATTRIBUTE),
        ('<a href="/" attributionsrc="/a">', Kind.ATTRIBUTE),
        ('<meta charset="utf-7">', Kind.ELEMENT),
        ('<meta name="viewport" content="a" charset="utf-7">', Kind.ELEMENT),
    ],
)
def test_what_could_run_load_or_lead_elsewhere(piece: str, kind: Kind) -> None:
    assert kind in {finding.kind for finding in judge("/", read((HEAD + piece).encode()), KNOWN)}


@pytest.mark.parametrize(
    "element", ["iframe", "object", "embed", "base", "svg", "math", "frame", "applet", "audio", "x-y"]
)
def test_elements_that_no_page_needs(element: str) -> None:
    (finding,) = judge("/", read(f"{HEAD}<{element}></{element}>".encode()), KNOWN)
    assert finding.kind is Kind.ELEMENT


def test_only_a_plain_path_of_the_site_is_followed() -> None:
    assert is_own_path("/static/a.css?1")
    for address in ("", "#a", "?a", "//a", "/a b", "/a\nb", "https://a/", "/#a", "/é"):
        assert not is_own_path(address)


def test_every_page_of_the_site_is_read(site: Mirror) -> None:
    known = Known({file.path for file in site.release.files}, set(site.release.pages))
    for path in site.release.pages:
        page = read(site.honest("GET", path, {"Host": "localhost"}, b"", 0).body)
        assert list(judge(path, page, known)) == []
