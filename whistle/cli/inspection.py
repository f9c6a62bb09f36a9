"""The verb of whoever checks a site from outside: ``whistle verify-site``."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from whistle.cli.sites import Site, place_of, remember
from whistle.courier.browsing import Browsing
from whistle.errors import ManifestMalformed
from whistle.inspection.findings import Finding, Kind
from whistle.inspection.inspection import inspect
from whistle.inspection.judging import Report
from whistle.language import _, plural
from whistle.naming import screen_line
from whistle.protocol.directory import Directory
from whistle.protocol.manifest import SeenManifest

#: Exit status beside 0 (all is as it was signed), 1 (it could not be checked) and 2 (the command was not understood).
FOUND = 3

_STATUSES = (
    "Exit status: 0 all is as it was signed, 1 it could not be checked, 2 the command was not understood, "
    "3 something is wrong with the site."
)
_SHOWN = 160


@click.command(epilog=_STATUSES)
@click.argument("url")
@click.option("--proxy", envvar="WHISTLE_PROXY", metavar="URL", help="Go through Tor: socks5h://127.0.0.1:9050")
@click.option("--fingerprint", metavar="WORDS", help="The ten words of the organisation, as it has printed them.")
@click.option("--no-trace", is_flag=True, help="Keep nothing on this machine, and use nothing kept before.")
@click.option("--pause", default=0.0, show_default=True, type=click.FloatRange(0, 600), metavar="SECONDS",
              help="The longest pause between two questions; each is as long as chance wills.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Say nothing where nothing is wrong.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def verify_site(
    url: str, *, proxy: str | None, fingerprint: str | None, no_trace: bool, pause: float, quiet: bool, as_json: bool
) -> None:
    """Check that the site at URL serves what its organisation signed, and nothing else, to different visitors.

    It cannot tell what the site serves to somebody else at another time; whistle tip needs no such trust.
    """
    words = None if fingerprint is None else fingerprint.lower().split()
    place = None if no_trace else place_of(url).with_suffix(".manifest")
    seen = _seen(place)

    def trust(untrusted_document: bytes) -> Directory:
        return Site(url, proxy, no_trace).accept(untrusted_document, words, quiet=quiet)

    today = datetime.now(UTC).date()
    report = inspect(lambda guise: Browsing(url, guise.always, proxy), trust, today, seen, pause)
    if place is not None and report.seen is not None and report.seen != seen:
        remember(place, bytes(report.seen))
    if as_json:
        click.echo(json.dumps(_as_object(report)))
    elif report.findings or not quiet:
        _tell(report)
    if report.findings:
        raise click.exceptions.Exit(FOUND)


def _seen(place: Path | None) -> SeenManifest | None:
    """Return what was remembered; to forget a damaged memory would be to let the site go back."""
    if place is None or not place.exists():
        return None
    try:
        return SeenManifest.parse(place.read_bytes())
    except ManifestMalformed as error:
        raise ManifestMalformed(_("remembered in {path}").format(path=place)) from error


def _tell(report: Report) -> None:
    for kind in Kind:
        if findings := [finding for finding in report.findings if finding.kind is kind]:
            click.echo(findings[0].sentence)
            for finding in findings:
                click.echo(f"    {_place(finding)}")
            click.echo(_("  What to do: {advice}").format(advice=findings[0].advice))
            click.echo()
    if report.manifest is not None:
        line = _("Signed: version {version}, number {number}, until {day}.")
        release, day = report.manifest.release, report.manifest.expires.isoformat()
        click.echo(line.format(version=screen_line(release.version), number=report.manifest.number, day=day))
    click.echo(_("Asked: {answers} questions in {visits} visits.").format(answers=report.answers, visits=report.visits))
    if not report.findings:
        click.echo(_("Everything is as it was signed."))
        return
    found = plural("One thing is wrong.", "{count} things are wrong.", len(report.findings))
    click.echo(found.format(count=len(report.findings)))


def _place(finding: Finding) -> str:
    """Return where it is, what the site said, and to whom, on one line that cannot drive a terminal."""
    detail = finding.untrusted_detail
    shown = detail if len(detail) <= _SHOWN else detail[:_SHOWN] + "…"
    visitors = f" ({', '.join(finding.visitors)})" if finding.visitors else ""
    return screen_line(finding.place) + (f": {screen_line(shown)}" if shown else "") + visitors


def _as_object(report: Report) -> dict[str, Any]:
    signed = None
    if report.manifest is not None:
        signed = {
            "version": report.manifest.release.version,
            "number": report.manifest.number,
            "expires": report.manifest.expires.isoformat(),
        }
    return {
        "findings": [
            {
                "kind": finding.kind.code,
                "place": finding.place,
                "sentence": finding.sentence,
                "detail": finding.untrusted_detail,
                "visitors": finding.visitors,
                "advice": finding.advice,
            }
            for finding in report.findings
        ],
        "signed": signed,
        "visits": report.visits,
        "answers": report.answers,
    }
