/** What cannot be done with a receipt, by the names that Python gives it. */

export class SourceError extends Error {
  override readonly name: string = "SourceError";
  override readonly message: string = "This cannot be done with this receipt.";
}

export class NothingFound extends SourceError {
  override readonly name: string = "NothingFound";
  override readonly message: string = "Nothing was found for these words.";
}

export class AlreadySent extends SourceError {
  override readonly name: string = "AlreadySent";
  override readonly message: string;
  /** Which message is stored; the next one to use is one above it. */
  readonly index: number;

  constructor(index: number) {
    super();
    this.index = index;
    this.message = `Message ${index + 1} is already stored.`;
  }

  /** How people count messages: from 1. */
  get number(): number {
    return this.index + 1;
  }
}

export class NobodyToRead extends SourceError {
  override readonly name: string = "NobodyToRead";
  override readonly message: string = "Nobody is left who could read this.";
}

export class ReaderUnavailable extends SourceError {
  override readonly name: string = "ReaderUnavailable";
  override readonly message: string =
    "Nothing can be sealed to these people at the moment. Please choose again who may read this.";
  /** Of those who cannot be reached. */
  readonly names: readonly string[];

  constructor(names: readonly string[]) {
    super();
    this.names = names;
  }
}

export class SendingBroken extends SourceError {
  override readonly name: string = "SendingBroken";
  override readonly message: string =
    "A file could not be read to its end, so nothing was sent. Please choose the file and send the message again.";
}
