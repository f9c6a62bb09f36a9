/**
 * The errors of the protocol, by the names of docs/protocol.md, section 12.
 *
 * The name is a field and not the name of the class, because bundlers shorten the names of classes. The message is for
 * the person in front of the screen; no message ever holds a word of a receipt, a key or anything that was sealed.
 */

/** What the protocol refuses. No bytes that arrive may lead to anything else. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  override readonly message: string = "This is not as the protocol asks.";
}

export class ReceiptError extends ProtocolError {
  override readonly name: string = "ReceiptError";
  override readonly message: string = "These words are not a receipt.";
}

export class UnknownWord extends ReceiptError {
  override readonly name: string = "UnknownWord";
  override readonly message: string;
  /** Which word it is, from 1. The word itself is a secret and stays out. */
  readonly place: number;

  constructor(place: number) {
    super();
    this.place = place;
    this.message = `Word ${place} is in no list of words. Please look at how it is spelled.`;
  }
}

export class WrongWordCount extends ReceiptError {
  override readonly name: string = "WrongWordCount";
  override readonly message: string = "A receipt has twelve words.";
}

export class WrongChecksum extends ReceiptError {
  override readonly name: string = "WrongChecksum";
  override readonly message: string =
    "Every word exists, but together they are no receipt. One may be wrong, or two changed places.";
}

export class AmbiguousReceipt extends ReceiptError {
  override readonly name: string = "AmbiguousReceipt";
  override readonly message: string = "These words exist in more than one language. Please say which one it is.";
}

export class KeyRejected extends ProtocolError {
  override readonly name: string = "KeyRejected";
  override readonly message: string = "This key must not be used.";
}

export class RecordMalformed extends ProtocolError {
  override readonly name: string = "RecordMalformed";
  override readonly message: string = "This is not a record.";
}

export class UnsupportedVersion extends ProtocolError {
  override readonly name: string = "UnsupportedVersion";
  override readonly message: string = "This needs a newer version of Whistle.";
}

export class NotForMe extends ProtocolError {
  override readonly name: string = "NotForMe";
  override readonly message: string = "This record is not for this key.";
}

export class SlotsAmbiguous extends ProtocolError {
  override readonly name: string = "SlotsAmbiguous";
  override readonly message: string = "This record was made to be read in two ways.";
}

export class RecordAltered extends ProtocolError {
  override readonly name: string = "RecordAltered";
  override readonly message: string = "This record was changed after it was sealed.";
}

export class RecordMisplaced extends ProtocolError {
  override readonly name: string = "RecordMisplaced";
  override readonly message: string = "This record does not belong where it lies.";
}

export class SenderUnproven extends ProtocolError {
  override readonly name: string = "SenderUnproven";
  override readonly message: string = "Whoever this record names as its sender did not send it.";
}

export class ReadersRejected extends ProtocolError {
  override readonly name: string = "ReadersRejected";
  override readonly message: string = "This record was sealed to somebody who must not read it.";
}

export class StateAltered extends ProtocolError {
  override readonly name: string = "StateAltered";
  override readonly message: string = "What was kept for you in this record was changed.";
}

export class BodyMalformed extends ProtocolError {
  override readonly name: string = "BodyMalformed";
  override readonly message: string = "The content of this record is not as it must be.";
}

export class UnknownKind extends BodyMalformed {
  override readonly name: string = "UnknownKind";
  override readonly message: string = "This kind of message belongs elsewhere, or to a newer version of Whistle.";
}

export class TooLarge extends ProtocolError {
  override readonly name: string = "TooLarge";
  override readonly message: string = "This is too large to send.";
}

export class StreamError extends ProtocolError {
  override readonly name: string = "StreamError";
  override readonly message: string = "These files cannot be read.";
}

export class StreamMalformed extends StreamError {
  override readonly name: string = "StreamMalformed";
  override readonly message: string = "The list of these files does not add up.";
}

export class StreamAltered extends StreamError {
  override readonly name: string = "StreamAltered";
  override readonly message: string = "A piece of these files is missing, or was changed.";
}

export class StreamKeyReused extends StreamError {
  override readonly name: string = "StreamKeyReused";
  override readonly message: string = "Another message names the same files.";
}

export class SignatureInvalid extends ProtocolError {
  override readonly name: string = "SignatureInvalid";
  override readonly message: string = "A signature does not hold.";
}

export class KeyringError extends ProtocolError {
  override readonly name: string = "KeyringError";
  override readonly message: string = "The organisation's keys cannot be trusted as they are.";
}

export class KeyringMalformed extends KeyringError {
  override readonly name: string = "KeyringMalformed";
  override readonly message: string = "The organisation's keys are not in the right form.";
}

export class KeyringExpired extends KeyringError {
  override readonly name: string = "KeyringExpired";
  override readonly message: string =
    "The organisation's keys are not valid today. Please look at the date of this device, too.";
}

export class KeyringRolledBack extends KeyringError {
  override readonly name: string = "KeyringRolledBack";
  override readonly message: string = "The organisation's keys are older than those seen before.";
}

export class RootForked extends KeyringError {
  override readonly name: string = "RootForked";
  override readonly message: string = "The organisation's keys were handed on to two different owners.";
}

export class RootSuperseded extends KeyringError {
  override readonly name: string = "RootSuperseded";
  override readonly message: string = "The organisation's keys are signed by somebody who may not sign them.";
}

export class StatementError extends ProtocolError {
  override readonly name: string = "StatementError";
  override readonly message: string = "A person's key cannot be trusted.";
}

export class StatementMalformed extends StatementError {
  override readonly name: string = "StatementMalformed";
  override readonly message: string = "A person's key is not in the right form.";
}

export class StatementRejected extends StatementError {
  override readonly name: string = "StatementRejected";
  override readonly message: string = "A person's key is not valid here, or not on this day.";
}

export class StatementRolledBack extends StatementError {
  override readonly name: string = "StatementRolledBack";
  override readonly message: string = "A person's key is older than one seen before.";
}

export class WorkMissing extends ProtocolError {
  override readonly name: string = "WorkMissing";
  override readonly message: string = "This request came without its proof of work.";
}
