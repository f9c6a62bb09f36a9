"""Whether a form was sent from one of our own pages, as far as the browser tells.

Browsers say it in headers that a page cannot forge (Fetch Metadata, RFC 6454); text browsers say nothing, and pass.
Without this, another site could open our form with a receipt that it knows.
"""

from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

#: "none" is what a browser says where a person reloads a page or opens it from the history.
_OUR_OWN = frozenset({"same-origin", "none"})


def from_elsewhere(headers: Headers, host: str) -> bool:
    """Tell whether a form sent to ``host`` (as the visitor named it) says that it comes from another site.

    The scheme is left out: behind a proxy that ends TLS, we do not know our own.
    """
    if headers.get("Sec-Fetch-Site", "none") not in _OUR_OWN:
        return True
    origin = headers.get("Origin")
    return origin is not None and _host_of(origin) != host.lower()


def _host_of(untrusted_origin: str) -> str | None:
    try:
        return urlsplit(untrusted_origin).netloc.lower() or None
    except ValueError:
        return None
