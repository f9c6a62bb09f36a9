"""A thread: where the messages of one conversation lie, and every key of its source. docs/protocol.md, section 4."""

from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from whistle.errors import BodyMalformed
from whistle.protocol import labels
from whistle.protocol.hashing import Row, hashed
from whistle.protocol.keys import Identity, Recipient
from whistle.protocol.receipt import Receipt


@dataclass(frozen=True)
class Thread:
    """What the readers of a conversation share: its key (32 bytes) and its source's Recipient.

    The key names addresses and opens nothing. With another Recipient it is simply another thread.
    """

    key: bytes
    recipient: Recipient

    def __post_init__(self) -> None:
        """Refuse a key of another size."""
        if len(self.key) != labels.HASH_SIZE:
            raise BodyMalformed

    def address(self, direction: int, index: int) -> bytes:
        """Return the address (32 bytes) of message ``index`` upwards (0) or downwards (1)."""
        return hashed(labels.ADDRESS, direction, bytes(self.recipient), index, key=self.key)

    def __repr__(self) -> str:
        """Tell nothing by which the thread could be found."""
        return "<Thread>"


class SourceKeys:
    """Everything that derives from a receipt, for one site. Nothing of it is ever stored."""

    def __init__(self, receipt: Receipt, site: bytes) -> None:
        """Derive from ``receipt`` for the site whose name is ``site`` (32 bytes)."""
        self._entropy = receipt.secret_bytes()
        self.site = site

    def _derive(self, label: bytes, *more: int, size: int = labels.HASH_SIZE) -> bytes:
        return hashed(label, self.site, *more, key=self._entropy, size=size)

    @cached_property
    def identity(self) -> Identity:
        """The source's own key, for all of the thread."""
        seed = self._derive(labels.SOURCE_MLKEM, size=labels.MLKEM_SEED_SIZE)
        return Identity.derive(self._derive(labels.SOURCE_X25519), seed)

    @cached_property
    def thread(self) -> Thread:
        """The thread, whose key the readers learn."""
        return Thread(self._derive(labels.THREAD_KEY), self.identity.recipient)

    @cached_property
    def state_key(self) -> bytes:
        """The key (32 bytes) that authenticates what the source tells itself; it never leaves the source."""
        return self._derive(labels.STATE_KEY)

    @cached_property
    def _burn_key(self) -> bytes:
        return self._derive(labels.BURN_KEY)

    def burn_token(self, address: bytes) -> bytes:
        """Return the token (32 bytes) that burns the source's record at ``address``."""
        return hashed(labels.BURN_RECORD, address, key=self._burn_key)

    def withdraw_burn_token(self, address: bytes) -> bytes:
        """Return the token (32 bytes) that burns the source's ``withdraw`` at ``address``.

        It has a label of its own so that a source, who cannot reopen what she wrote, knows a withdraw by its burn hash.
        """
        return hashed(labels.BURN_WITHDRAW, address, key=self._burn_key)

    def chunk_burn_tokens(self, stream_nonce: bytes) -> Row:
        """Return the tokens that burn the chunks of the source's stream."""
        return Row(labels.BURN_CHUNK, stream_nonce, key=self._burn_key)

    @cached_property
    def contact_identity(self) -> Identity:
        """The key under which contact details are sent; nobody can link it to the thread."""
        seed = self._derive(labels.CONTACT_MLKEM, size=labels.MLKEM_SEED_SIZE)
        return Identity.derive(self._derive(labels.CONTACT_X25519), seed)

    def contact_address(self, index: int) -> bytes:
        """Return the address (32 bytes) of the contact record ``index``."""
        return self._derive(labels.CONTACT_ADDRESS, index)

    def contact_burn_token(self, index: int) -> bytes:
        """Return the token (32 bytes) that burns the contact record ``index``."""
        return self._derive(labels.CONTACT_BURN, index)

    def __repr__(self) -> str:
        """Tell that these are a source's keys, and nothing of them."""
        return "<SourceKeys>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError


def reply_burn_token(shared_secret: bytes, address: bytes) -> bytes:
    """Return the token (32 bytes) that burns a reply at ``address``, for its author and the source alike.

    ``shared_secret`` is the X25519 secret of the replying reviewer and the source.
    """
    return hashed(labels.BURN_RECORD, address, key=shared_secret)


def reply_chunk_burn_tokens(shared_secret: bytes, stream_nonce: bytes) -> Row:
    """Return the tokens that burn the chunks of a reply's stream."""
    return Row(labels.BURN_CHUNK, stream_nonce, key=shared_secret)
