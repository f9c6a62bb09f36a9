"""What a reviewer should know before something goes wrong, in plain words."""

from collections.abc import Iterator
from datetime import date

from whistle.console.case import Journal
from whistle.console.vault import FullBackup, Secrets
from whistle.language import _

#: Days before the end of a key's window from which on its reviewer is warned.
WEEK = 7
#: Days after which a console that was not synced says so.
_SYNC_DAYS = 3


def of(secrets: Secrets, journal: Journal, synced: date | None, today: date) -> tuple[str, ...]:
    """Return the warnings for ``today``, the most urgent first."""
    return (*_alarms(journal), *_key(secrets, today), *_sync(secrets, synced, today), *_backups(secrets, journal))


def _alarms(journal: Journal) -> Iterator[str]:
    for alarm in journal.alarms:
        yield _("{day}: {what}").format(day=alarm.day.isoformat(), what=alarm.message())


def _key(secrets: Secrets, today: date) -> Iterator[str]:
    if secrets.membership is None:
        yield _("You have not joined an organisation yet.")
        return
    last = max((kept.last for kept in secrets.identities), default=None)
    if last is None or last < today:
        yield _("Nobody can write to you: you have no key that is valid today. Make a new one and sync.")
    elif (last - today).days < WEEK:
        day = last.isoformat()
        yield _("Your key is valid until {day}. Make a new one before, or nobody can write to you.").format(day=day)


def _sync(secrets: Secrets, synced: date | None, today: date) -> Iterator[str]:
    if secrets.membership is not None and synced is not None and (today - synced).days > _SYNC_DAYS:
        yield _("The last complete sync was on {day}.").format(day=synced.isoformat())


def _backups(secrets: Secrets, journal: Journal) -> Iterator[str]:
    ends = [day for _label, day in journal.deletions] + [day for _number, day in journal.retired]
    for backup in secrets.backups:
        if outlives(backup, ends):
            yield _(
                "The full backup at {place} of {day} still opens what was deleted since. Replace it or destroy it."
            ).format(place=backup.place, day=backup.day.isoformat())


def outlives(backup: FullBackup, ends: list[date]) -> bool:
    """Tell whether something was deleted on the day of the backup or later."""
    return any(day >= backup.day for day in ends)
