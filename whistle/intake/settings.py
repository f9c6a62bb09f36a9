"""The intake's settings: the section ``[intake]`` of ``config/whistle.toml``, which documents each of them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from whistle.errors import SettingsError
from whistle.language import _
from whistle.protocol.labels import RECORD_SIZE
from whistle.settings import between, read

_MIB = 1 << 20
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?")


@dataclass(frozen=True)
class IntakeSettings:
    """Everything the intake can be told. Nothing in it is secret."""

    section: ClassVar[str] = "intake"

    folder: Path
    questionnaires: Path
    host: str = "127.0.0.1"
    port: int = between(1, 65_535, 8000)
    message_days: int = between(7, 730, 90)
    chunk_days: int = between(7, 730, 90)
    capacity_mib: int = between(16, 1 << 24, 20_480)
    day_mib: int = between(1, 1 << 24, 2_048)
    decoys: int = between(0, 100_000, 128)
    decoy_groups: int = between(0, 1_000, 4)
    work_bits: int = between(0, 24, 12)
    form_mib: int = between(1, 4_096, 64)
    form_files: int = between(0, 100, 20)
    ticket_hours: int = between(1, 48, 12)
    children: int = between(2, 512, 32)
    visitors: int = between(16, 65_535, 1_024)
    neutral_site: str = "https://www.wikipedia.org/"

    def check(self) -> None:
        """Refuse keep-days by which a message would outlive the files it names, and a neutral site that is none."""
        if self.chunk_days < self.message_days:
            raise SettingsError(_("chunk_days must not be smaller than message_days"))
        if _ADDRESS.fullmatch(self.neutral_site) is None:
            raise SettingsError(_("neutral_site must be a whole address, such as https://www.wikipedia.org/"))

    @property
    def keyring(self) -> Path:
        """The published keyring, as the root wrote it."""
        return self.folder / "keyring.json"

    @property
    def statements(self) -> Path:
        """The people's newest sealing statements."""
        return self.folder / "statements"

    @property
    def shelf(self) -> Path:
        """The shelf."""
        return self.folder / "shelf"

    @property
    def capacity(self) -> int:
        """How many records the shelf takes."""
        return self.capacity_mib * _MIB // RECORD_SIZE

    @property
    def chunks_a_day(self) -> int:
        """How many chunks of files the shelf takes in a day."""
        return self.day_mib * _MIB // RECORD_SIZE

    @property
    def form_bytes(self) -> int:
        """How large a form with its files may be."""
        return self.form_mib * _MIB


def load(path: Path, **overrides: object) -> IntakeSettings:
    """Read the settings from the file at ``path``; raises ``SettingsError``."""
    return read(path, IntakeSettings, **overrides)
