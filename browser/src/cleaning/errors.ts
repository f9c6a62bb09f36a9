/**
 * What cleaning refuses. A file that is refused stays as it was.
 *
 * The name is a field and not the name of the class, because bundlers shorten the names of classes; and pages compare
 * names, because a cleaner that was loaded later has classes of its own. No message holds anything of the file.
 */

export type CleaningErrorName = "NotCleanable" | "FileBroken" | "FileEncrypted" | "FileTooLarge" | "CleaningFailed";

/** No bytes of a file may lead to anything else. */
export class CleaningError extends Error {
  override readonly name: CleaningErrorName = "NotCleanable";
  override readonly message: string = "This kind of file cannot be cleaned here.";
}

/** Another kind of file than JPEG, PNG and PDF, or a part of one that nothing here knows. */
export class NotCleanable extends CleaningError {}

export class FileBroken extends CleaningError {
  override readonly name = "FileBroken";
  override readonly message = "This file is damaged, or not made as its kind asks. It was left as it is.";
}

export class FileEncrypted extends CleaningError {
  override readonly name = "FileEncrypted";
  override readonly message = "This file is locked with a password or with rights. It was left as it is.";
}

export class FileTooLarge extends CleaningError {
  override readonly name = "FileTooLarge";
  override readonly message: string;

  /** `limit` is in bytes. */
  constructor(limit: number) {
    super();
    this.message = `Files of this kind can be cleaned up to ${limit >> 20} MB. It was left as it is.`;
  }
}

/** The cleaned file was read again, and was not what it should be. That is a fault of ours. */
export class CleaningFailed extends CleaningError {
  override readonly name = "CleaningFailed";
  override readonly message = "Cleaning did not work for this file. It was left as it is.";
}
