// As much of Node's Buffer as the operations use.
class PageBuffer extends Uint8Array {
  static from(given, encoding) {
    return encoding === "base64" ? new PageBuffer(Uint8Array.fromBase64?.(given) ?? decoded(given)) : new PageBuffer(given);
  }

  static alloc(size, piece = [0]) {
    const bytes = new PageBuffer(size);
    bytes.set(size < piece.length ? piece.slice(0, size) : piece);
    for (let filled = piece.length; filled < size; filled *= 2) {
      bytes.copyWithin(filled, 0, Math.min(filled, size - filled));
    }
    return bytes;
  }

  static concat(pieces) {
    const bytes = new PageBuffer(pieces.reduce((size, piece) => size + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  toString(encoding) {
    if (encoding !== "base64") {
      throw new Error(`The operations use no ${encoding}.`);
    }
    let binary = "";
    for (const byte of this) {
      binary += String.fromCharCode(byte);
    }
    return btoa(binary);
  }
}

function decoded(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export { PageBuffer as Buffer };
