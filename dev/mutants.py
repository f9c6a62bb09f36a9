"""Break whistle/protocol line by line, keep the whole outcome, and refuse a mutant that nobody killed or explained.

    python -m dev.mutants             # every mutant, from scratch: this takes a while
    python -m dev.mutants 'whistle.protocol.record*'

The outcome goes to ``docs/mutants.txt``. A mutant that changes nothing that anybody could observe is explained in
``tests/protocol/explained_mutants.toml`` by its function, its changed lines and the reason; at most 5 % may be.
"""

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
MUTMUT = Path(sys.executable).parent / "mutmut"
EXPLAINED = ROOT / "tests/protocol/explained_mutants.toml"
OUTCOME = ROOT / "docs/mutants.txt"
#: A mutant that makes a test run for ever was noticed, by the limit of time.
NOTICED = {"killed", "timeout", "caught by type check"}
MOST_EXPLAINED = 0.05


@dataclass(frozen=True)
class Mutant:
    """One change to one function that no test noticed."""

    name: str
    state: str
    changes: str

    @property
    def function(self) -> str:
        """The dotted name of the function that was changed."""
        return self.name.rpartition("__mutmut_")[0].replace(".x_", ".").replace("xǁ", "").replace("ǁ", ".")


def mutmut(*arguments: str) -> str:
    """Run mutmut and return what it prints; raises ``CalledProcessError`` with its message."""
    return subprocess.run([MUTMUT, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def states() -> dict[str, str]:
    """Return what became of every mutant that was tried."""
    lines = (line.strip().rpartition(": ") for line in mutmut("results", "--all", "true").splitlines())
    return {name: state for name, _, state in lines if name and state != "not checked"}


def unnoticed(name: str, state: str) -> Mutant:
    """Return the mutant of this name with its changed lines."""
    shown = mutmut("show", name).splitlines()
    changed = [line for line in shown if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    return Mutant(name, state, "\n".join(line[0] + line[1:].strip() for line in changed if line))


def reasons() -> dict[tuple[str, str], str]:
    """Return the explanations, by function and changed lines."""
    if not EXPLAINED.exists():
        return {}
    entries = tomllib.loads(EXPLAINED.read_text())["mutant"]
    return {(entry["function"], entry["changes"].strip()): entry["reason"] for entry in entries}


def report(found: dict[str, str], survivors: list[Mutant], known: dict[tuple[str, str], str]) -> str:
    """Return the whole outcome as text: the counts, every survivor with its changes, and the state of each mutant."""
    counts = {state: list(found.values()).count(state) for state in sorted(set(found.values()))}
    parts = [f"{len(found)} mutants: " + ", ".join(f"{count} {state}" for state, count in counts.items())]
    for mutant in survivors:
        reason = known.get((mutant.function, mutant.changes), "NOT EXPLAINED")
        parts.append(f"{mutant.function} ({mutant.state})\n{mutant.changes}\n{reason}")
    parts.append("\n".join(f"{state:>10} {name}" for name, state in sorted(found.items())))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Run, write the outcome, and end with a status other than 0 where a mutant is unexplained or too many are."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    subprocess.run([MUTMUT, "run", *sys.argv[1:]], cwd=ROOT, check=True)
    found = states()
    survivors = [unnoticed(name, state) for name, state in sorted(found.items()) if state not in NOTICED]
    known = reasons()
    outcome = report(found, survivors, known)
    if not sys.argv[1:]:
        OUTCOME.write_text(outcome)
    print(outcome)
    unexplained = [mutant for mutant in survivors if (mutant.function, mutant.changes) not in known]
    print(f"{len(found)} mutants, {len(survivors)} survived, {len(unexplained)} of them not explained")
    sys.exit(bool(unexplained) or len(survivors) > MOST_EXPLAINED * len(found))


if __name__ == "__main__":
    main()
