"""How much the intake takes from its visitors: sizes in bytes, times in seconds."""

from dataclasses import dataclass
from typing import Final, Self

from whistle.intake.settings import IntakeSettings

HEAD_LIMIT: Final = 8_192
HEAD_FIELDS_LIMIT: Final = 64
TARGET_LIMIT: Final = 2_048
_OVERSIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep one visitor, or very many, from taking the site away from the others."""

    #: open connections; the one that gives or takes least in its time goes when another arrives
    visitors: int = 1_024
    #: bytes of interface requests being read, and of answers being written, at one time; whoever is slowest with theirs
    #: makes room for others, and a request of one record always fits beside
    interface_bytes: int = 128 << 20
    #: time for a head, and for the wait between two requests of one connection
    head_seconds: float = 30
    #: time for the body of an interface request, and for the first part of a form's
    body_seconds: float = 120
    #: time for a visitor to take an answer away
    answer_seconds: float = 120
    #: time in which a refused body is thrown away, so that the refusal can be read
    drain_seconds: float = 60

    #: the largest form, with its files
    form_bytes: int = 64 << 20
    #: a form of up to so many times that is begun to be read: the page that refuses it can then keep its text
    oversize: int = 1
    #: so much of a form's body waits in the kernel before a child is forked for it
    waiting_bytes: int = 256 << 10
    #: so much of an answer waits in the kernel for whoever takes it; left to itself it would keep megabytes for each
    untaken_bytes: int = 64 << 10
    #: children at one time, and how many of them may be waiting for the rest of a large form
    children: int = 32
    patient_children: int = 16
    #: requests that wait for a child, and as many that wait for one of those for large forms
    queue: int = 256
    #: time for a child, and how much a large form may add to it (bytes per second of the visitor's line)
    child_seconds: float = 60
    slowest_bytes: int = 16 << 10
    #: time that children have to finish when the site stops
    stop_seconds: float = 20

    #: how long a spent form ticket is remembered, and how many at most
    ticket_seconds: float = 12 * 3_600
    tickets: int = 65_536

    @classmethod
    def of(cls, settings: IntakeSettings) -> Self:
        """Return the bounds that an operator has set, and the usual ones for what nobody needs to set."""
        return cls(
            visitors=settings.visitors,
            form_bytes=settings.form_bytes,
            oversize=_OVERSIZE,
            children=settings.children,
            patient_children=settings.children // 2,
            ticket_seconds=settings.ticket_hours * 3_600,
        )
