"""The console's settings: the section ``[console]`` of ``config/whistle.toml``, which documents each of them."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from whistle.errors import SettingsError
from whistle.language import _
from whistle.settings import between, read


@dataclass(frozen=True)
class ConsoleSettings:
    """Everything a reviewer's console can be told. Its secrets are in the vault, none is here."""

    section: ClassVar[str] = "console"

    folder: Path
    intake: str
    proxy: str = ""
    host: str = "127.0.0.1"
    name: str = "console.localhost"
    port: int = between(1, 65_535, 8001)
    allow_remote: bool = False
    lock_minutes: int = between(1, 240, 15)
    keep_days: int = between(7, 730, 90)
    daily_records: int = between(4, 1_000, 8)
    post_minutes: int = between(0, 240, 15)

    def check(self) -> None:
        """Refuse an address that others could reach, and addresses that cannot be what they are for."""
        try:
            loopback = ip_address(self.host).is_loopback
        except ValueError as error:
            raise SettingsError(_("host must be an IP address")) from error
        if not loopback and not self.allow_remote:
            raise SettingsError(_("host is not a loopback address; others could reach the console"))
        if self.intake and urlsplit(self.intake).scheme not in {"http", "https"}:
            raise SettingsError(_("intake must begin with http:// or https://"))
        if self.proxy and urlsplit(self.proxy).scheme != "socks5h":
            raise SettingsError(_("proxy must begin with socks5h://, so that names are not looked up outside it"))


def load(path: Path, **overrides: object) -> ConsoleSettings:
    """Read the settings from the file at ``path``; raises ``SettingsError``."""
    return read(path, ConsoleSettings, **overrides)
