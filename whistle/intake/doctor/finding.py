"""What the doctor finds: a code that stays the same, how bad it is, what it means, and the way to mend it."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is. The worst one is the exit status of ``whistle doctor``."""

    NOTE = 0
    WARNING = 1
    PROBLEM = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an operator wants to know. It quotes nothing from logs, and names no visitor."""

    code: str
    severity: Severity
    words: str
    mend: str

    def to_json(self) -> dict[str, str]:
        """Return the finding for a program."""
        return {
            "code": self.code,
            "severity": self.severity.name.lower(),
            "words": self.words,
            "mend": self.mend,
        }


def note(code: str, words: str, mend: str) -> Finding:
    """Return something that is good to know, and no fault."""
    return Finding(code, Severity.NOTE, words, mend)


def warning(code: str, words: str, mend: str) -> Finding:
    """Return something that should be mended soon."""
    return Finding(code, Severity.WARNING, words, mend)


def problem(code: str, words: str, mend: str) -> Finding:
    """Return something that endangers people, or reports, now."""
    return Finding(code, Severity.PROBLEM, words, mend)
