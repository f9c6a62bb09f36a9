"""What is in a page, read so strictly that no browser could read it otherwise.

A parser that forgives can be led to see a comment where a browser sees code. So this one accepts only what Whistle's
own templates write, in which every ``<`` begins a tag and every value stands between quotation marks, and refuses
the rest: a page that cannot be judged is a finding by itself.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from whistle.inspection.findings import Finding, Kind

_DOCTYPE: Final = "<!doctype html>"
#: Many times as many as our largest page has: more would only keep the reader busy.
_ELEMENT_LIMIT: Final = 20_000
_SPACE: Final = r"[ \n\t]++"
_ATTRIBUTE: Final = re.compile(rf'{_SPACE}([a-z][a-z0-9-]*+)(?:="([^"<>]*+)")?')
_START: Final = re.compile(rf'<([a-z][a-z0-9-]*+)((?:{_SPACE}[a-z][a-z0-9-]*+(?:="[^"<>]*+")?)*+)[ \n\t]*+(/?)>')
_END: Final = re.compile(r"</([a-z][a-z0-9-]*+)>")
#: Begins with a space, so that it cannot end at once; no sign in it could begin or end anything.
_COMMENT: Final = re.compile(r"<!-- (?:[^<>-]|-(?!-))*+ ?-->")
_TEXT: Final = re.compile(r"[^<]++")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f]")
#: Elements whose content browsers read as text: there must be nothing else in them.
_TEXT_ONLY: Final = frozenset({"title", "textarea", "script"})

_ELEMENT_NAMES: Final = """
    a abbr address article aside b bdi bdo blockquote body br button caption cite code col colgroup datalist dd del
    details dfn dialog div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html
    i img input ins kbd label legend li link main mark menu meta meter nav noscript ol optgroup option output p pre
    progress q s samp script search section select small span strong sub summary sup table tbody td template textarea
    tfoot th thead time title tr u ul var wbr
"""
_ATTRIBUTE_NAMES: Final = """
    accept accept-charset accesskey action alt async autocapitalize autocomplete autocorrect autofocus charset checked
    class cols colspan content crossorigin datetime decoding defer dir disabled download draggable enctype enterkeyhint
    fetchpriority for form formaction formenctype formmethod formnovalidate headers height hidden high href id inert
    inputmode integrity label lang list loading low max maxlength media method min minlength multiple name novalidate
    open optimum pattern placeholder readonly rel required reversed role rows rowspan scope selected size sizes span
    spellcheck src start step tabindex target title translate type value width wrap
"""
_ELEMENTS: Final = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTES: Final = frozenset(_ATTRIBUTE_NAMES.split())
_META_NAMES: Final = frozenset(
    {"viewport", "robots", "format-detection", "color-scheme", "theme-color", "description", "application-name"}
)
_SCRIPT_TYPES: Final = frozenset({"", "module", "text/javascript"})
#: A path of the site itself, or a place in the page. Neither entities nor what browsers strip can change what it means.
_OWN_ADDRESS: Final = re.compile(r"/(?:[A-Za-z0-9._~-][A-Za-z0-9._~/?=&;%#-]*)?|#[!-~]*|\?[A-Za-z0-9._=&;%-]*")
_LINK_ELSEWHERE: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/?=&;%#+,-]*)?")


class Unclear(ValueError):
    """A page that not every browser would read alike; says where."""


@dataclass(frozen=True, slots=True)
class Element:
    """A start tag: name, attributes, and the text behind it up to the next tag."""

    name: str
    attributes: Mapping[str, str]
    text: str

    def path(self, name: str) -> str:
        """Return the address in an attribute without its query."""
        return self.attributes.get(name, "").partition("?")[0]

    @property
    def shown(self) -> str:
        """The tag, for a finding."""
        return "<" + " ".join([self.name, *(f'{name}="{value}"' for name, value in self.attributes.items())]) + ">"


@dataclass(frozen=True)
class Page:
    """A page as it was understood. ``content`` is all of it without comments."""

    elements: tuple[Element, ...]
    content: str

    @property
    def skeleton(self) -> tuple[tuple[str, ...], ...]:
        """Elements, names of attributes, and where they lead: what stays the same where words and numbers change."""
        return tuple(
            (each.name, *sorted(each.attributes), *(each.path(name) for name in ("src", "href", "action")))
            for each in self.elements
        )

    @property
    def loaded(self) -> tuple[tuple[str, str], ...]:
        """Element and address of everything that a browser loads for the page by itself, in its order."""
        sources = ((each.name, each.attributes.get("href" if each.name == "link" else "src")) for each in self.elements)
        return tuple((name, source) for name, source in sources if source is not None)


def read(untrusted_body: bytes) -> Page:
    """Return the page in these bytes (UTF-8); raises ``Unclear``."""
    try:
        text = untrusted_body.decode()
    except UnicodeDecodeError:
        raise Unclear("not UTF-8") from None
    if (control := _CONTROL.search(text)) is not None:
        raise Unclear(_near(text, control.start()))
    if not text.startswith(_DOCTYPE):
        raise Unclear(_near(text, 0))
    return _read(text)


def _read(text: str) -> Page:
    elements: list[Element] = []
    kept = [_DOCTYPE]
    place, within = len(_DOCTYPE), ""
    while place < len(text):
        start = _START.match(text, place)
        found = start or _END.match(text, place) or _TEXT.match(text, place) or _COMMENT.match(text, place)
        if found is None or (within and text[place] == "<" and found[0] != f"</{within}>"):
            raise Unclear(_near(text, place))
        if text[place] == "<":
            within = ""
        if len(elements) == _ELEMENT_LIMIT:
            raise Unclear(_near(text, place))
        if start is not None:
            following = _TEXT.match(text, start.end())
            elements.append(Element(start[1], _attributes(start), "" if following is None else following[0]))
            within = start[1] if start[1] in _TEXT_ONLY else ""
        if found.re is not _COMMENT:
            kept.append(found[0])
        place = found.end()
    if within:
        raise Unclear(_near(text, place))
    return Page(tuple(elements), "".join(kept))


def _attributes(start: re.Match[str]) -> dict[str, str]:
    pairs = [(found[1], found[2] or "") for found in _ATTRIBUTE.finditer(start[2])]
    if len(dict(pairs)) < len(pairs):
        raise Unclear(start[0])
    return dict(pairs)


def is_own_path(address: str) -> bool:
    """Tell whether an address is a path of the site itself, written plainly."""
    return address.startswith("/") and _OWN_ADDRESS.fullmatch(address) is not None and "#" not in address


@dataclass(frozen=True)
class Known:
    """The paths of the files and of the open pages that were signed; ``None`` where nobody knows, and any will do."""

    files: AbstractSet[str] | None = None
    pages: AbstractSet[str] | None = None


def judge(place: str, page: Page, known: Known) -> Iterator[Finding]:
    """Give everything by which the page could run, load or send more, or lead to more, than was signed."""
    for element in page.elements:
        yield from (Finding(kind, place, element.shown) for kind in _judge_element(element, known))


def _judge_element(element: Element, known: Known) -> Iterator[Kind]:
    yield from _judge_tag(element)
    told = element.attributes
    loaded = {told[name] for name in ("src", "href") if name in told and (name == "src" or element.name != "a")}
    if known.files is not None and not loaded <= known.files:
        yield Kind.UNLISTED
    if known.pages is not None and not _ways(element) <= known.pages:
        yield Kind.STRAY
    addresses = [told[name] for name in ("href", "src", "action", "formaction") if name in told]
    for address in addresses:
        elsewhere = element.name == "a" and _LINK_ELSEWHERE.fullmatch(address) is not None
        if _OWN_ADDRESS.fullmatch(address) is None and not elsewhere:
            yield Kind.ADDRESS


def _judge_tag(element: Element) -> Iterator[Kind]:
    told = element.attributes
    if element.name not in _ELEMENTS or (element.name == "meta" and not _is_plain_meta(told)):
        yield Kind.ELEMENT
    if element.name == "script" and (element.text or "src" not in told or told.get("type", "") not in _SCRIPT_TYPES):
        yield Kind.INLINE
    for name in told:
        if name.startswith("on"):
            yield Kind.HANDLER
        elif name == "style":
            yield Kind.INLINE
        elif name not in _ATTRIBUTES and not name.startswith(("data-", "aria-")):
            yield Kind.ATTRIBUTE


def _ways(element: Element) -> set[str]:
    """Return the paths of the site itself to which somebody comes by ``GET`` from here."""
    told = element.attributes
    target = told.get("href") if element.name == "a" else None
    if element.name == "form" and told.get("method", "get") != "post":
        target = told.get("action", "")
    if target is None or not target.startswith("/") or _OWN_ADDRESS.fullmatch(target) is None:
        return set()
    return {re.split("[?#]", target, maxsplit=1)[0]}


def _is_plain_meta(told: Mapping[str, str]) -> bool:
    return told == {"charset": "utf-8"} or (set(told) == {"name", "content"} and told["name"] in _META_NAMES)


def _near(text: str, place: int) -> str:
    return text[place : place + 60]
