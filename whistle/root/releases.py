"""What the root signs of a release, and how it differs from the one signed before. docs/protocol.md, section 7."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from whistle.errors import CeremonyError
from whistle.language import _
from whistle.protocol.manifest import Manifest, Release


@dataclass(frozen=True, slots=True)
class Changes:
    """Names of headers, pages and files that a release has, lacks, or has otherwise than the one before."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def next_manifest(
    before: Manifest | None, site: bytes, release: Release, today: date, days: int, number: int | None = None
) -> Manifest:
    """Return the manifest that follows ``before``, under ``number`` where that is known better than here.

    Raises ``CeremonyError`` for a number that was given before: whoever saw it would be alarmed.
    """
    last = 0 if before is None else before.number
    if number is not None and number <= last:
        raise CeremonyError(_("the number must be above {number}, which was signed before").format(number=last))
    return Manifest(site, last + 1 if number is None else number, today, today + timedelta(days=days), release)


def changes(before: Release | None, after: Release) -> Changes:
    """Return what somebody who signs ``after`` should know to be meant."""
    old, new = ({} if before is None else _parts(before)), _parts(after)
    return Changes(
        _sorted(new.keys() - old.keys()),
        _sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        _sorted(old.keys() - new.keys()),
    )


def _parts(release: Release) -> Mapping[str, object]:
    parts: dict[str, object] = {header.name: header.value for header in release.headers}
    parts |= {f"{page} ({_('page')})": True for page in release.pages}
    return parts | {file.path: (file.type, file.size, file.digest) for file in release.files}


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
