/**
 * What can go wrong on the way to a shelf and back, by the names that Python gives it.
 *
 * As in the protocol, the name is a field, because bundlers shorten the names of classes; a page turns it into a
 * sentence in its reader's language. The message is that sentence in English.
 */

/** The site could not be asked. Asking again may help. */
export class CourierError extends Error {
  override readonly name: string = "CourierError";
  override readonly message: string = "The site could not be asked.";
}

export class Unreachable extends CourierError {
  override readonly name: string = "Unreachable";
  override readonly message: string = "The site did not answer.";
}

export class Refused extends CourierError {
  override readonly name: string = "Refused";
  override readonly message: string = "The site refused the request.";
}

export class AnswerMalformed extends CourierError {
  override readonly name: string = "AnswerMalformed";
  override readonly message: string = "The site gave an answer that makes no sense.";
}

/** The shelf could not do what was asked. */
export class ShelfError extends Error {
  override readonly name: string = "ShelfError";
  override readonly message: string = "The shelf could not do what was asked.";
}

export class AddressTaken extends ShelfError {
  override readonly name: string = "AddressTaken";
  override readonly message: string = "Another record already lies at this address.";
}

export class ShelfFull extends ShelfError {
  override readonly name: string = "ShelfFull";
  override readonly message: string = "The site has no room for more at the moment. Nothing was stored.";
}

export class ShelfUnavailable extends ShelfError {
  override readonly name: string = "ShelfUnavailable";
  override readonly message: string = "The site cannot store anything at the moment. Nothing was stored.";
}
