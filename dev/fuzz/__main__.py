"""Fuzz what strangers can send.

    python -m dev.fuzz                          # every target, for an hour in all
    python -m dev.fuzz heads forms --seconds 60
    python -m dev.fuzz --keep                   # and add what reached something new to tests/fuzz/corpus

Prints a line for each target, and writes each finding to a file below ``--findings``. Ends with status 1 if there were
any.
"""

import argparse
import hashlib
import sys
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from dev.fuzz.engine import Engine, Finding, reduced
from tests.fuzz.targets import CORPUS, Opened, corpus_of, opening, share

_HOUR = 3_600
_KEPT = 60


def main() -> int:
    """Fuzz what the command line names; return the status to end with."""
    parser = argparse.ArgumentParser(prog="python -m dev.fuzz", description="Fuzz what strangers can send.")
    parser.add_argument("targets", nargs="*", choices=[[], *opening], help="all of them unless some are named")
    parser.add_argument("--seconds", type=float, default=_HOUR, help="for all targets together (default: an hour)")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="of all chance, to repeat a run")
    parser.add_argument("--keep", action="store_true", help="keep inputs that reach something new")
    parser.add_argument("--findings", type=Path, default=Path("findings"), help="the folder for what was found")
    given = parser.parse_args()
    names = given.targets or list(opening)
    print(f"seed {given.seed}")
    found = 0
    for name in names:
        found += _fuzz(name, opening[name](), given.seconds * share(name, names), given.seed, given)
    return 1 if found else 0


def _fuzz(
    name: str, opened: AbstractContextManager[Opened], seconds: float, seed: int, given: argparse.Namespace
) -> int:
    with opened as target:
        engine = Engine(target, [*target.seeds, *corpus_of(name)], seed)
        began = engine.outcome.ways
        outcome = engine.run(seconds=seconds)
        line = f"{name}: {outcome.runs:,} runs, {began} ways at the start, {outcome.ways} in the end"
        print(f"{line}, {len(outcome.kept)} inputs, {len(outcome.findings)} findings", flush=True)
        for finding in outcome.findings.values():
            _write(given.findings / name, finding)
        if given.keep:
            _keep(CORPUS / name, [each for each in reduced(target, outcome.kept, _KEPT) if each not in target.seeds])
    return len(outcome.findings)


def _write(folder: Path, finding: Finding) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(finding.data).hexdigest()[:16]
    path.write_bytes(finding.data)
    print(f"  {finding.place}: {finding.error!r:.300} in {path}", flush=True)


def _keep(folder: Path, inputs: list[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        with suppress(OSError):
            old.unlink()
    for data in inputs:
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
