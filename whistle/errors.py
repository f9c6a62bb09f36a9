"""Every error of Whistle, in one tree.

::

    WhistleError
    ├── ProtocolError              what arrived is not what the protocol allows
    │   ├── ReceiptError           UnknownWord, WrongWordCount, WrongChecksum, AmbiguousReceipt
    │   ├── KeyRejected
    │   ├── RecordMalformed
    │   ├── UnsupportedVersion
    │   ├── NotForMe
    │   ├── SlotsAmbiguous
    │   ├── RecordAltered
    │   ├── RecordMisplaced
    │   ├── SenderUnproven
    │   ├── ReadersRejected
    │   ├── StateAltered
    │   ├── BodyMalformed          UnknownKind
    │   ├── TooLarge
    │   ├── StreamError            StreamMalformed, StreamAltered, StreamKeyReused
    │   ├── SignatureInvalid
    │   ├── KeyringError           KeyringMalformed, KeyringExpired, KeyringRolledBack, RootForked, RootSuperseded
    │   ├── StatementError         StatementMalformed, StatementRejected, StatementRolledBack
    │   ├── ManifestError          ManifestMalformed, ManifestExpired, ManifestRolledBack, ManifestForked
    │   └── WorkMissing
    ├── ShelfError                 AddressTaken, ShelfFull, ShelfUnavailable, ShelfDamaged, ShelfInUse, ShelfUnsafe
    ├── ClockJumped
    ├── RequestRefused
    ├── CourierError               Unreachable, Refused, AnswerMalformed, AnswerTooLarge, CarriedMalformed
    ├── SourceError                NothingFound, AlreadySent, NobodyToRead, ReaderUnavailable, SendingBroken
    ├── VaultError                 WrongPassphrase, PassphraseTooShort, VaultMissing, VaultExists, VaultDamaged,
    │                              VaultLocked, VaultInUse, VaultUnsafe, NotEnoughMemory
    ├── LedgerError                ChainBroken, StoredFileDamaged
    ├── ConsoleError               NotJoined, AlreadyJoined, NotInKeyring, FingerprintDiffers, KeyringsDiffer,
    │                              StatementNotYours, KeyLapsed, NobodyChoseYou, ReaderClosed, CaseUnknown, FileUnknown, NothingToSay
    ├── CeremonyError              what the keeper of the root asked for cannot be done
    ├── CarryFailed, StartFailed   a file for a console without a network, a server, a trial
    └── SettingsError

The docstring of an error is the sentence that its user reads; ``message()`` gives it in their language.
What an error carries beyond that never contains a secret.
"""

from whistle.language import _


class WhistleError(Exception):
    """Something went wrong."""

    def message(self) -> str:
        """Return the sentence for the person in front of the screen, in their language."""
        sentence = _(" ".join((type(self).__doc__ or "").split()))
        return f"{sentence} ({self})" if str(self) else sentence


class ProtocolError(WhistleError):
    """What arrived is not something this version of Whistle can trust."""


# --- receipts


class ReceiptError(ProtocolError):
    """These words are not a receipt."""


class UnknownWord(ReceiptError):
    """A word is in none of the word lists. Please check its spelling."""

    def __init__(self, position: int) -> None:
        """Take the place of the word, counted from 1; the word itself is part of a secret."""
        super().__init__()
        self.position = position

    def message(self) -> str:
        """Say which word it is by its place."""
        return _("Word {position} is in none of the word lists. Please check its spelling.").format(
            position=self.position
        )


class WrongWordCount(ReceiptError):
    """A receipt has exactly 12 words."""


class WrongChecksum(ReceiptError):
    """Every word exists, but together they are not a receipt. One of them may be wrong, or two may have changed places."""


class AmbiguousReceipt(ReceiptError):
    """These words are a receipt in more than one language. Please say in which language they were written down."""

    def __init__(self, languages: list[str]) -> None:
        """Take the names of the word lists to choose from."""
        super().__init__()
        self.languages = languages


# --- keys, records, slots


class KeyRejected(ProtocolError):
    """This public key is not safe to use."""


class RecordMalformed(ProtocolError):
    """This is not a record: its size or its form is wrong."""


class UnsupportedVersion(ProtocolError):
    """This was written by a newer version of Whistle than the one you use. Please update."""


class NotForMe(ProtocolError):
    """This record is not addressed to the key that tried to open it."""


class SlotsAmbiguous(ProtocolError):
    """More than one slot of this record opens for the same key. An honest sender never does that."""


class RecordAltered(ProtocolError):
    """This record was changed after it was sealed."""


class RecordMisplaced(ProtocolError):
    """This record lies at an address that does not belong to it."""


class SenderUnproven(ProtocolError):
    """This record does not come from the person it names as its sender."""


class ReadersRejected(ProtocolError):
    """This record was sealed to somebody whom the source did not choose as a reader."""


class StateAltered(ProtocolError):
    """The part of this record that only its source can read was changed."""


class BodyMalformed(ProtocolError):
    """The content of this record is not in the form that the protocol requires."""


class UnknownKind(BodyMalformed):
    """This is a kind of message that this version of Whistle does not know. Please update."""


class TooLarge(ProtocolError):
    """This is larger than the protocol allows."""


# --- streams


class StreamError(ProtocolError):
    """The files or the long text of this message cannot be trusted."""


class StreamMalformed(StreamError):
    """The files of this message are described in a way that does not add up."""


class StreamAltered(StreamError):
    """A piece of the files of this message is missing or was changed."""


class StreamKeyReused(StreamError):
    """Two messages claim the same files. An honest sender never does that."""


# --- the keyring and its statements


class SignatureInvalid(ProtocolError):
    """A signature does not belong to what it was found on."""


class KeyringError(ProtocolError):
    """The list of the people who read reports cannot be trusted."""


class KeyringMalformed(KeyringError):
    """The list of the people who read reports is not in the form that the protocol requires."""


class KeyringExpired(KeyringError):
    """The list of the people who read reports has expired. The organisation must publish a new one."""


class KeyringRolledBack(KeyringError):
    """The site shows an older list of readers than one seen before."""


class RootForked(KeyringError):
    """Two different successors were signed for the same organisation key. Stop, and ask the organisation by another way."""


class RootSuperseded(KeyringError):
    """The list of readers is signed by an organisation key that has been replaced, or by one that is not known."""


class StatementError(ProtocolError):
    """The current key of a person cannot be trusted."""


class StatementMalformed(StatementError):
    """The statement of a person's current key is not in the form that the protocol requires."""


class StatementRejected(StatementError):
    """The statement of a person's current key is not valid for this day or this person."""


class StatementRolledBack(StatementError):
    """The site shows an older key of a person than one seen before."""


# --- the manifest of a site


class ManifestError(ProtocolError):
    """The signed list of the site's files cannot be trusted."""


class ManifestMalformed(ManifestError):
    """The signed list of the site's files is not in the form that the protocol requires, or belongs to another site."""


class ManifestExpired(ManifestError):
    """The signed list of the site's files does not hold today. The organisation must sign a new one."""


class ManifestRolledBack(ManifestError):
    """The site shows an older list of its files than one seen before."""


class ManifestForked(ManifestError):
    """Two different lists of the site's files were signed under one number. Stop, and ask the organisation by another way."""


# --- work


class WorkMissing(ProtocolError):
    """The request did not carry the small proof of work that the site asks for."""


# --- the shelf


class ShelfError(WhistleError):
    """The shelf could not do what was asked."""


class AddressTaken(ShelfError):
    """Another record already lies at this address."""


class ShelfFull(ShelfError):
    """The site has no room for more at the moment. Nothing was stored."""


class ShelfUnavailable(ShelfError):
    """The site cannot store anything at the moment. Nothing was stored."""


class ShelfDamaged(ShelfUnavailable):
    """A file of the shelf is damaged. Put the whole folder of the newest backup in the place of the shelf's, and start again."""


class ShelfInUse(ShelfUnavailable):
    """Another program has the shelf open. End it, and start again."""


class ShelfUnsafe(ShelfError):
    """Others on this machine could get at the folder of the shelf, or it holds what does not belong there. Give the folder mode 0700 and its files 0600."""


# --- the intake


class ClockJumped(WhistleError):
    """The clock of this machine jumped ahead. Nothing is taken away until it has kept to its new date for three days; if it is wrong, set it right."""


class RequestRefused(WhistleError):
    """The site cannot make sense of this request."""

    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status  # of the HTTP answer, RFC 9110


# --- the courier


class CourierError(WhistleError):
    """The site could not be asked."""


class Unreachable(CourierError):
    """The site did not answer."""


class Refused(CourierError):
    """The site refused the request."""


class AnswerMalformed(CourierError):
    """The site gave an answer that makes no sense."""


class AnswerTooLarge(CourierError):
    """The site gave an answer that is larger than it may be."""


class CarriedMalformed(CourierError):
    """The carried file is damaged, incomplete, or of another kind. Please make it and carry it again."""


# --- the source


class SourceError(WhistleError):
    """This cannot be done with this receipt."""


class NothingFound(SourceError):
    """Nothing was found for these words."""


class AlreadySent(SourceError):
    """A message with this number is already stored."""

    def __init__(self, index: int) -> None:
        """Take the index of the message that is stored; the next one to use is one above it."""
        super().__init__()
        self.index = index

    def message(self) -> str:
        """Say which message it is, as people count: from 1."""
        return _("Message {number} is already stored.").format(number=self.index + 1)


class NobodyToRead(SourceError):
    """Nobody is left who could read this."""


class ReaderUnavailable(SourceError):
    """Nothing can be sealed to these people at the moment. Please choose again who may read this."""

    def __init__(self, names: list[str]) -> None:
        """Take the names of those who cannot be reached."""
        super().__init__(", ".join(names))
        self.names = names


class SendingBroken(SourceError):
    """A file could not be read to its end, so nothing was sent. Please send the message again."""


# --- the console


class VaultError(WhistleError):
    """The vault could not be opened."""


class WrongPassphrase(VaultError):
    """This passphrase does not open the vault."""


class VaultMissing(VaultError):
    """There is no vault at this place."""


class VaultExists(VaultError):
    """There is already a vault at this place. It was left as it is."""


class VaultDamaged(VaultError):
    """The vault is damaged. Please restore it from a backup."""


class VaultLocked(VaultError):
    """The console is locked. Please enter the passphrase."""


class VaultInUse(VaultError):
    """Another window or command has this vault open. Please lock or close it first."""


class VaultUnsafe(VaultError):
    """Other people on this machine could read or change this. It must belong to you alone (mode 0700 for a folder, 0600 for a file)."""


class NotEnoughMemory(VaultError):
    """This machine has not enough free memory to check the passphrase."""


class PassphraseTooShort(VaultError):
    """A passphrase needs at least 12 characters. Several words are easier to remember than signs."""


class LedgerError(WhistleError):
    """The ledger could not be read."""


class ChainBroken(LedgerError):
    """An entry of the ledger is missing, repeated or was changed."""


class StoredFileDamaged(LedgerError):
    """A stored file is damaged or was changed."""


class ConsoleError(WhistleError):
    """This cannot be done in this console."""


class NotJoined(ConsoleError):
    """This vault belongs to no organisation yet. Please join one first."""


class AlreadyJoined(ConsoleError):
    """This vault belongs to an organisation already."""


class NotInKeyring(ConsoleError):
    """The organisation has not enrolled you yet, or no longer. Ask the keeper of its root key."""


class FingerprintDiffers(ConsoleError):
    """The words that you were told are not those of this organisation. Stop, and ask who told you the words."""


class KeyringsDiffer(ConsoleError):
    """The site shows you another list of readers or keys than it shows to somebody unknown. Ask the keeper of the root key."""


class StatementNotYours(ConsoleError):
    """The site shows a key in your name that you did not make here. If you did not make it elsewhere, your signing key was stolen: tell the keeper of the root key."""


class KeyLapsed(ConsoleError):
    """You have no key that is valid today. Please make a new one."""


class NobodyChoseYou(ConsoleError):
    """The source has not chosen you as a reader of this case, or it is not known whom they chose."""


class ReaderClosed(ConsoleError):
    """Somebody who reads this case cannot be written to today. Please confirm that the reply goes without them."""


class CaseUnknown(ConsoleError):
    """There is no such case."""


class FileUnknown(ConsoleError):
    """There is no such file in this case."""


class NothingToSay(ConsoleError):
    """A reply needs a text or a file."""


# --- the organisation root and the settings


class CeremonyError(WhistleError):
    """This step of the key ceremony cannot be done."""


class CarryFailed(WhistleError):
    """The file cannot be read or written, or it is there already."""


class StartFailed(WhistleError):
    """It could not be started."""


class SettingsError(WhistleError):
    """A setting is unknown or unsafe."""
