"""What can be wrong with a site, in words for whoever runs it or wants to use it, each with what to do."""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from whistle.language import _, later

_DO_NOT_USE = later(
    "Do not write into this site's pages until the organisation has explained this by another way than the site. The"
    " commands (whistle tip) do not depend on its pages."
)
_MEND = later(
    "If you run the site: compare what the server holds with a build of your own, look at what stands before it, and"
    " when that was it, sign the release again (whistle keys manifest)."
)
_NETWORK = later("Try again later, and over another way (--proxy). If only some visitors get no answer, ask why.")


class _What(NamedTuple):
    code: str
    sentence: str
    advice: tuple[str, ...]


class Kind(Enum):
    """What was found: a name for programs, a sentence, and what to do."""

    UNREACHABLE = _What("unreachable", later("There was no answer, or not the whole of it in time."), (_NETWORK,))
    TOO_LARGE = _What("too-large", later("The answer is larger than it may be; it was cut off."), (_DO_NOT_USE, _MEND))
    UNREADABLE = _What(
        "unreadable", later("The answer is packed in a way that nobody asked for."), (_DO_NOT_USE, _MEND)
    )
    ELSEWHERE = _What("redirect", later("The answer sends its visitor elsewhere."), (_DO_NOT_USE, _MEND))
    STATUS = _What("status", later("The answer has another status than it should."), (_MEND,))
    KEYRING = _What(
        "keyring", later("This visitor was shown a list of readers that cannot be trusted."), (_DO_NOT_USE,)
    )
    MANIFEST = _What("manifest", later("The signed list of the site's files cannot be trusted."), (_DO_NOT_USE, _MEND))
    NO_MANIFEST = _What(
        "no-manifest",
        later("The site publishes no signed list of its files, so nothing says what it should serve."),
        (later("If you run the site: whistle release, whistle keys manifest, and publish the result."), _DO_NOT_USE),
    )
    DIFFERS = _What(
        "differs",
        later("Visitors were given different answers to the same question."),
        (
            later("If the organisation has published something in these minutes, run this again."),
            _DO_NOT_USE,
            _MEND,
        ),
    )
    HEADER = _What("header", later("A protecting header is missing, or is not what was signed."), (_DO_NOT_USE, _MEND))
    FORBIDDEN_HEADER = _What(
        "forbidden-header",
        later("A header marks visitors, or sends them, or news of them, elsewhere."),
        (_DO_NOT_USE, _MEND),
    )
    COOKIE = _What(
        "cookie", later("The answer sets a cookie, by which a visitor is known again."), (_DO_NOT_USE, _MEND)
    )
    POLICY = _What(
        "policy",
        later("The policy that the organisation signed lets a page run or load more than the site's own files."),
        (later("Ask the organisation why. Whistle's own pages need no such policy."),),
    )
    TYPE = _What("type", later("The content is of another type than was signed."), (_DO_NOT_USE, _MEND))
    FILE = _What("file", later("The file is not the one that was signed."), (_DO_NOT_USE, _MEND))
    UNLISTED = _What("unlisted", later("A page loads a file that was not signed."), (_DO_NOT_USE, _MEND))
    STRAY = _What(
        "stray", later("A page leads to another page of the site, which was not signed."), (_DO_NOT_USE, _MEND)
    )
    INLINE = _What("inline", later("A page holds code or style of its own."), (_DO_NOT_USE, _MEND))
    HANDLER = _What("handler", later("A page has an attribute that runs code."), (_DO_NOT_USE, _MEND))
    ELEMENT = _What("element", later("A page has an element that no page of Whistle needs."), (_DO_NOT_USE, _MEND))
    ATTRIBUTE = _What(
        "attribute", later("A page has an attribute that no page of Whistle needs."), (_DO_NOT_USE, _MEND)
    )
    ADDRESS = _What(
        "address",
        later("A page loads from elsewhere, sends elsewhere, or has code as a link."),
        (_DO_NOT_USE, _MEND),
    )
    UNCLEAR = _What(
        "unclear",
        later("A page is written in a way that not every browser would read alike, so that it cannot be judged."),
        (_DO_NOT_USE, _MEND),
    )

    @property
    def code(self) -> str:
        """The name for programs."""
        return self.value.code


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: ``place`` is a path with its method, ``untrusted_detail`` is what the site said."""

    kind: Kind
    place: str
    untrusted_detail: str = ""
    visitors: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong."""
        return _(self.kind.value.sentence)

    @property
    def advice(self) -> str:
        """What to do."""
        return " ".join(_(each) for each in self.kind.value.advice)


def merged(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return each finding once, in the order in which they came, with everybody who met it."""
    met: dict[tuple[Kind, str, str], list[str]] = {}
    for finding in findings:
        visitors = met.setdefault((finding.kind, finding.place, finding.untrusted_detail), [])
        visitors += [visitor for visitor in finding.visitors if visitor not in visitors]
    return tuple(Finding(*what, tuple(visitors)) for what, visitors in met.items())
