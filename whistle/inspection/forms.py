"""The way to the form in which somebody would write: forms that can be sent without saying anything."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

from whistle.inspection.pages import Element, Page

#: The button by which a visitor goes on without answering.
_SKIP = "skip"
_BUTTONS = frozenset({"submit", "button", "reset", "image"})


@dataclass
class _Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    skip: str | None = None
    asks: bool = False

    def take(self, element: Element) -> None:
        told = element.attributes
        kind = told.get("type", "submit" if element.name == "button" else "text")
        name, value = unescape(told.get("name", "")), unescape(told.get("value", ""))
        if kind == "hidden":
            self.fields[name] = value
        elif kind not in _BUTTONS:
            self.asks = True
        elif name == _SKIP:
            self.skip = value


def ways_on(page: Page) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Give action and fields of every form that asks for nothing, or that can be skipped."""
    forms: list[_Form] = []
    for element in page.elements:
        if element.name == "form":
            forms.append(_Form(element.attributes.get("action", ""), element.attributes.get("method", "get")))
        elif forms and element.name in {"input", "button", "textarea", "select"}:
            forms[-1].take(element)
    for form in forms:
        if form.method == "post" and form.skip is not None:
            yield form.action, form.fields | {_SKIP: form.skip}
        elif form.method == "post" and not form.asks:
            yield form.action, form.fields
