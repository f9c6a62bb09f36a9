"""As whom a site is asked. What these send is what such browsers send; a site that treats one otherwise is found.

A site can still tell them from the real ones by the way in which they speak TLS, and by what they do not do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Wanted(Enum):
    """What a browser asks for, which shows in its headers."""

    PAGE = "document"
    STYLE = "style"
    SCRIPT = "script"
    IMAGE = "image"
    DATA = "empty"


@dataclass(frozen=True)
class Guise:
    """A kind of visitor: what it always sends, and what it accepts of each kind where it makes a difference."""

    name: str
    always: Mapping[str, str]
    accepts: Mapping[Wanted, str] = field(default_factory=dict)
    says_why: bool = True

    def headers(self, wanted: Wanted) -> dict[str, str]:
        """Return what it sends beside ``always`` to ask for something of this kind."""
        if not self.says_why:
            return {}
        page = wanted is Wanted.PAGE
        modes = {Wanted.PAGE: "navigate", Wanted.SCRIPT: "cors", Wanted.DATA: "cors"}
        told = {"Accept": self.accepts.get(wanted, "*/*"), "Sec-Fetch-Dest": wanted.value}
        told |= {"Sec-Fetch-Mode": modes.get(wanted, "no-cors"), "Sec-Fetch-Site": "none" if page else "same-origin"}
        return told | ({"Sec-Fetch-User": "?1", "Upgrade-Insecure-Requests": "1"} if page else {})


TOR_BROWSER: Final = Guise(
    "Tor Browser",
    {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0",
        "Accept-Language": "en-US,en;q=0.5",
        "Accept-Encoding": "gzip, deflate",
    },
    {
        Wanted.PAGE: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        Wanted.STYLE: "text/css,*/*;q=0.1",
        Wanted.IMAGE: "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
    },
)

CHROMIUM: Final = Guise(
    "Chromium",
    {
        "sec-ch-ua": '"Chromium";v="138", "Not)A;Brand";v="8"',
        "sec-ch-ua-mobile": "?1",
        "sec-ch-ua-platform": '"Android"',
        "User-Agent": (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0"
            " Mobile Safari/537.36"
        ),
        "Accept-Language": "ru-RU,ru;q=0.9,en;q=0.8",
        "Accept-Encoding": "gzip, deflate",
    },
    {
        Wanted.PAGE: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
        Wanted.STYLE: "text/css,*/*;q=0.1",
        Wanted.IMAGE: "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    },
)

TEXT_BROWSER: Final = Guise(
    "w3m",
    {
        "User-Agent": "w3m/0.5.3+git20230121",
        "Accept": "text/html, text/*;q=0.5, image/*",
        "Accept-Encoding": "identity",
        "Accept-Language": "es;q=1.0, en;q=0.5",
    },
    says_why=False,
)

#: One after the other; the first comes back in the end, as somebody does who waits for an answer.
VISITS: Final = (TOR_BROWSER, CHROMIUM, TEXT_BROWSER, TOR_BROWSER)
