"""The verbs of the intake's operator: ``whistle intake | carry | release | doctor``."""

import json
import os
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import click

from whistle.errors import CarryFailed, SettingsError, StartFailed
from whistle.intake.carry import carry_from, carry_to
from whistle.intake.doctor import Address, Finding, Machine, Severity, examine
from whistle.intake.release import release_of
from whistle.intake.settings import load
from whistle.language import _, plural
from whistle.naming import screen_text

_SERVER = Path(__file__).resolve().parent.parent.parent / "config" / "gunicorn.conf.py"


CONFIG = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    default=Path("config/whistle.toml"),
    show_default=True,
    help="The settings.",
)


@click.command()
@CONFIG
@click.option(
    "--server",
    type=click.Path(path_type=Path, dir_okay=False),
    default=_SERVER,
    help="gunicorn's own settings, which hold for every site: config/gunicorn.conf.py of the checkout.",
)
def intake(config: Path, server: Path) -> None:
    """Serve the intake: the public pages, and the interface for browsers, commands and consoles."""
    load(config)
    if not server.is_file():
        raise StartFailed(_("{path} is missing").format(path=server))
    os.environ["WHISTLE_SETTINGS"] = str(config.resolve())
    command = [sys.executable, "-m", "gunicorn", "--config", str(server)]
    os.execv(sys.executable, command)  # noqa: S606 - our own server, in place of this process


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--in", "is_answer", is_flag=True, help="FILE comes from a console: put what is in it on the shelf.")
@CONFIG
def carry(file: Path, *, is_answer: bool, config: Path) -> None:
    """Write the whole shelf to FILE, for consoles that no network reaches. Stop the intake for that time."""
    settings = load(config)
    try:
        if is_answer:
            delivered = carry_from(file, settings)
            click.echo(
                _("Done: {count}. Not put, because the place was taken: {taken}.").format(
                    count=delivered.done, taken=delivered.taken
                )
            )
            return
        days = carry_to(file, settings)
    except OSError as error:
        raise CarryFailed(str(file)) from error
    click.echo(_("Written to {file}: the records of {days} days, all of them sealed.").format(file=file, days=days))


@click.command()
@CONFIG
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
def release(out: Path, *, config: Path) -> None:
    """Write what this installation would serve to a file, for the organisation's root to sign.

    Run it over source code that you checked out and built yourself, never on the server: what that says of itself
    proves nothing. Two people who do so get the same file, and compare its SHA-256.
    """
    found = release_of(load(config))
    content = bytes(found)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise SettingsError(_("{path} cannot be written").format(path=out)) from error
    line = _("Written to {path}: version {version}, {pages} pages, {files} files.")
    click.echo(line.format(path=out, version=found.version, pages=len(found.pages), files=len(found.files)))
    click.echo("SHA-256 " + sha256(content).hexdigest())


@click.command()
@CONFIG
@click.option("--url", help="Where visitors find the site (https://…, http://….onion): look at it from there too.")
@click.option("--proxy", help="The way there, for an onion address: socks5h://127.0.0.1:9050")
@click.option(
    "--log", "logs", multiple=True, type=click.Path(path_type=Path), help="A log to search for traces of visitors."
)
@click.option("--thorough", is_flag=True, help="Check the files of a large shelf as well; the intake must be stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print findings for a program.")
def doctor(
    config: Path, *, url: str | None, proxy: str | None, logs: tuple[Path, ...], thorough: bool, as_json: bool
) -> None:
    """Look this installation over, and say what is wrong and how to mend it. Changes nothing.

    Best run as root, which alone may look everywhere. Ends with status 0 if all is well, 1 for warnings, 2 for
    problems. Where nobody watches, as in cron, it prints nothing unless something is wrong.
    """
    address = None if url is None else Address.parse(url, proxy)
    findings = examine(config, Machine(), address=address, more_logs=logs, thorough=thorough)
    if as_json:
        click.echo(json.dumps([finding.to_json() for finding in findings], ensure_ascii=False, indent=1))
    else:
        _tell(findings, watched=sys.stdout.isatty())
    sys.exit(max((finding.severity for finding in findings), default=Severity.NOTE))


def _tell(findings: list[Finding], *, watched: bool) -> None:
    shown = [finding for finding in findings if watched or finding.severity > Severity.NOTE]
    titles = {Severity.PROBLEM: _("Problem"), Severity.WARNING: _("Warning"), Severity.NOTE: _("Note")}
    for finding in shown:
        click.echo(f"{titles[finding.severity]} ({finding.code}): {screen_text(finding.words)}")
        click.echo(f"    {screen_text(finding.mend)}")
    if watched:
        counts = Counter(finding.severity for finding in findings)
        problems, warnings = counts[Severity.PROBLEM], counts[Severity.WARNING]
        click.echo(
            plural("{count} problem", "{count} problems", problems).format(count=problems)
            + ", "
            + plural("{count} warning", "{count} warnings", warnings).format(count=warnings)
        )
