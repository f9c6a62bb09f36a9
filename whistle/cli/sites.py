"""What every command of a source needs: the site, its verified directory, and what is remembered of it."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import click

from whistle.courier.http import HttpCourier
from whistle.errors import FingerprintDiffers, KeyringMalformed
from whistle.language import _
from whistle.naming import screen_line
from whistle.protocol.directory import Directory, verify
from whistle.protocol.published import Memory, Published

F = TypeVar("F", bound=Callable[..., Any])


def site_options(function: F) -> F:
    """Add the options by which a command finds its site, which it is given as ``site``."""

    @click.option("--intake", required=True, envvar="WHISTLE_INTAKE", metavar="URL", help="The address of the site.")
    @click.option("--proxy", envvar="WHISTLE_PROXY", metavar="URL", help="Go through Tor: socks5h://127.0.0.1:9050")
    @click.option("--no-trace", is_flag=True, help="Keep nothing on this machine, and use nothing kept before.")
    @wraps(function)
    def command(*, intake: str, proxy: str | None, no_trace: bool, **rest: Any) -> object:  # noqa: ANN401 - passed on
        return function(site=Site(intake, proxy, no_trace), **rest)

    return cast("F", command)


@dataclass
class Site:
    """A connection to an intake, and its directory once it was asked for."""

    address: str
    proxy: str | None
    no_trace: bool

    def __enter__(self) -> Self:
        """Connect; raises ``SettingsError`` for an address or a proxy that is not safe."""
        self.courier = HttpCourier(self.address, self.proxy)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.courier.close()

    def directory(self) -> Directory:
        """Fetch and verify who reads reports, against what is remembered; raises ``KeyringError`` of all kinds."""
        return self.accept(self.courier.keyring())

    def accept(
        self, untrusted_document: bytes, fingerprint: Sequence[str] | None = None, *, quiet: bool = False
    ) -> Directory:
        """Verify a published document against what is remembered, and remember it; raises as ``directory``.

        Where the organisation's words are known, another ``fingerprint`` raises ``FingerprintDiffers``. ``quiet``
        says only what is new.
        """
        place = None if self.no_trace else place_of(self.address)
        memory = _remembered(place)
        directory = verify(Published.parse(untrusted_document), datetime.now(UTC).date(), memory)
        if fingerprint is not None and tuple(fingerprint) != directory.fingerprint:
            raise FingerprintDiffers
        if not quiet or memory is None or memory.roots != directory.roots:
            _introduce(directory, memory)
        # Not written again without news: its date would tell when somebody was here last.
        if place is not None and directory.memory != memory:
            remember(place, bytes(directory.memory))
            if memory is None:
                click.echo(
                    _("Kept in {path}: which site this is. Use --no-trace to keep nothing.").format(path=place),
                    err=True,
                )
        return directory


def _introduce(directory: Directory, memory: Memory | None) -> None:
    click.echo(_("Organisation: {name}").format(name=screen_line(directory.keyring.organisation)), err=True)
    if memory is not None and memory.roots == directory.roots:
        return
    if memory is None:
        click.echo(_("This site is new here. Compare these words with those that it publishes elsewhere:"), err=True)
    else:
        click.echo(_("Its key was replaced, and the old key vouches for the new one. Its words are now:"), err=True)
    click.echo("   " + " ".join(directory.fingerprint), err=True)


def place_of(address: str) -> Path:
    """Return where a site is remembered; who reads what is in there can tell which site it is, and since when."""
    state = os.environ.get("XDG_STATE_HOME", "")
    folder = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return folder / "whistle" / f"{blake2b(address.rstrip('/').lower().encode(), digest_size=16).hexdigest()}.json"


def _remembered(place: Path | None) -> Memory | None:
    """Return what was remembered; a damaged memory is an error, since to forget is to be taken back in time."""
    if place is None or not place.exists():
        return None
    try:
        return Memory.parse(place.read_bytes())
    except KeyringMalformed as error:
        raise KeyringMalformed(_("remembered in {path}").format(path=place)) from error


def remember(place: Path, memory: bytes) -> None:
    """Keep ``memory`` at ``place``, durably, for the owner alone."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = place.with_name(token_hex(8))
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(memory)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(place)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()
