"""The headers of every answer that a browser shows. Each value is one that browsers accept; a test parses them all."""

from typing import Final

#: Nothing from elsewhere, no frame, no plug-in, no form to another site. Scripts are files of the site, and they can
#: make neither code nor HTML out of text.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

_UNUSED_POWERS: Final = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "microphone",
    "midi",
    "payment",
    "screen-wake-lock",
    "usb",
)

SECURITY_HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" a browser would say that our own forms come from nowhere ("Origin: null").
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in _UNUSED_POWERS),
    "X-Frame-Options": "DENY",
}
