"""The corpus: fictional reports in many languages, some of them hostile, as tests and the demo use them.

`README.md` beside this file explains the folders. Nothing is normalised on the way: what a report's
files hold is, byte for byte, what `load` returns.
"""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that comes with a report: `name` is the source's own, in full Unicode, not the one on disk."""

    name: str
    description: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """One fictional report, what a reviewer asks back, and what the source then adds."""

    slug: str
    title: str
    language: str
    script: str
    offence: int | None
    sector: str
    kind: str
    traits: tuple[str, ...]
    duplicate_of: str | None
    excludes: tuple[str, ...]
    contact: str | None
    demo: bool
    fictional: bool
    note: str
    text: str = field(repr=False)
    answer: str = field(repr=False)
    follow_up: str = field(repr=False)
    attachments: tuple[Attachment, ...]


def load() -> tuple[Report, ...]:
    """Read every report of the corpus, in the order of the folders' numbers."""
    return tuple(_read(manifest.parent) for manifest in sorted(FOLDER.glob("*/report.toml")))


def _read(folder: Path) -> Report:
    fields: dict[str, Any] = tomllib.loads((folder / "report.toml").read_text("utf-8"))
    files = fields.pop("files", [])
    return Report(
        slug=folder.name,
        title=fields.pop("title"),
        language=fields.pop("language"),
        script=fields.pop("script"),
        offence=fields.pop("offence", None),
        sector=fields.pop("sector"),
        kind=fields.pop("kind"),
        traits=tuple(fields.pop("traits", ())),
        duplicate_of=fields.pop("duplicate_of", None),
        excludes=tuple(fields.pop("excludes", ())),
        contact=fields.pop("contact", None),
        demo=fields.pop("demo", False),
        text=_exact(folder / "text.txt"),
        answer=_exact(folder / "answer.txt"),
        follow_up=_exact(folder / "follow-up.txt"),
        attachments=tuple(
            Attachment(file["name"], file["description"], (folder / "files" / file["stored"]).read_bytes())
            for file in files
        ),
        **fields,
    )


def _exact(path: Path) -> str:
    return path.read_bytes().decode("utf-8")
