"""Secrets at rest, and the only place that loads a reviewer's Identity or signing key. docs/console.md."""

from whistle.console.vault.rotation import (
    GRACE_DAYS,
    become,
    current,
    enrolment,
    member,
    remember,
    retire,
    rotate,
)
from whistle.console.vault.secrets import MARK_SIZE, FullBackup, KeptIdentity, Membership, Secrets
from whistle.console.vault.storage import OVERHEAD, StorageKey
from whistle.console.vault.vault import PASSPHRASE_LEAST, Vault, exists

__all__ = [
    "GRACE_DAYS",
    "MARK_SIZE",
    "OVERHEAD",
    "PASSPHRASE_LEAST",
    "FullBackup",
    "KeptIdentity",
    "Membership",
    "Secrets",
    "StorageKey",
    "Vault",
    "become",
    "current",
    "enrolment",
    "exists",
    "member",
    "remember",
    "retire",
    "rotate",
]
