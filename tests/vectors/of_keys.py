"""Vectors of hashes, receipts, keys, and of what derives from them."""

# ruff: noqa: E501 - a vector a line is easier to read, however long the line

from tests.protocol.cast import (
    chance,
    flip,
    identity,
    signer,
)
from tests.protocol.test_receipt import ambiguous_sentence
from tests.vectors.operations import text
from tests.vectors.pool import ENTROPY, KEYS, SITE_TEXT, Vector
from tests.vectors.wording import SOURCE, THREAD, bad, good
from whistle.protocol.receipt import LANGUAGES, Receipt


def derivations() -> list[Vector]:
    other = chance("another site", 32)
    root, second = text(bytes(signer("root").verifier)), text(bytes(signer("second root").verifier))
    shared = identity("Ana").shared_secret(KEYS.identity.recipient)
    return [
        good("no field", "frame", fields=[]),
        good("fields of bytes and integers", "frame", fields=[text(b"ab"), 258, "", 2**53 - 1]),
        good("a hash without a key", "hash", fields=[text(b"whistle/1/site"), root], key="", size=32),
        good("a hash with a key", "hash", fields=[text(b"a"), 1], key=text(chance("key", 32)), size=32),
        good("16 bytes of hash", "hash", fields=[text(b"a")], key=text(chance("key", 32)), size=16),
        good("64 bytes of hash", "hash", fields=[text(b"a")], key=text(chance("key", 16)), size=64),
        good("a row", "row", fields=[text(b"a"), 1], key=text(chance("key", 32)), indices=[0, 1, 127, 128, 5, 2**20 - 1, 2**53 - 1]),
        good("a first root", "roots", roots=[root]),
        good("a second root", "roots", roots=[root, second]),
        good("a source", "source", **SOURCE, stream_nonce=text(b"12345678")),
        good("the same receipt at another site", "source", entropy=ENTROPY, site=text(other), stream_nonce=text(b"12345678")),
        good("another receipt", "source", entropy=text(bytes(16)), site=SITE_TEXT, stream_nonce=text(bytes(7) + b"\1")),
        good("a thread key with another recipient is another thread", "address",
             thread=THREAD["thread"], recipient=text(bytes(identity("Ana").recipient)), direction=0, index=0),
        bad("a thread key of 31 bytes", "BodyMalformed", "address",
            thread=text(bytes(31)), recipient=THREAD["recipient"], direction=0, index=0),
        good("the tokens of a reply", "reply tokens", shared=text(shared),
             address=text(KEYS.thread.address(1, 0)), stream_nonce=text(b"12345678"), chunk=3),
        good("a burn hash", "burn hash", token=text(bytes(32))),
        bad("a token of 31 bytes", "RecordMalformed", "burn hash", token=text(bytes(31))),
    ]  # fmt: skip


def receipts() -> list[Vector]:
    zoo = "zoo " * 11
    vectors = []
    for language in LANGUAGES:
        for entropy in (bytes(16), b"\x7f" * 16, b"\x80" * 16, b"\xff" * 16, chance("receipt", 16)):
            words = " ".join(Receipt(entropy).words(language))
            vectors += [
                good(f"{entropy.hex()} in {language}", "words", entropy=text(entropy), language=language),
                good(f"{entropy.hex()} from {language}", "receipt", words=words, language=language),
            ]
    russian = " ".join(Receipt((1_572 << 117).to_bytes(16, "big")).words("russian"))
    return [
        *vectors,
        good("numbered, with commas, in capitals", "receipt", language=None,
             words="1. ZOO, 2. ZOO, 3. ZOO, " + "zoo\n" * 8 + "(12) Wrong."),
        good("without accents", "receipt", language="spanish",
             words="lino admitir bolero abrir album dejar acelga aprender lino admitir bolero abogado"),
        good("Turkish capitals", "receipt", language="turkish",
             words=" ".join(Receipt(chance("receipt", 16)).words("turkish")).upper()),
        good("Chinese without spaces", "receipt", language=None, words="歇" * 11 + "逻"),
        good("the mended word of the Russian list", "receipt", language="russian", words=russian),
        good("the same, written", "words", language="russian", entropy=text((1_572 << 117).to_bytes(16, "big"))),
        bad("the last word is wrong", "WrongChecksum", "receipt", words=zoo + "zoo", language=None),
        bad("eleven words", "WrongWordCount", "receipt", words="zoo " * 11, language=None),
        bad("thirteen words", "WrongWordCount", "receipt", words=zoo + "wrong wrong", language=None),
        bad("no words", "WrongWordCount", "receipt", words="", language=None),
        bad("a word that is in no list", "UnknownWord", "receipt", words=zoo + "wrnog", language=None),
        bad("a word of another language than the one named", "UnknownWord", "receipt", words=zoo + "wrong", language="korean"),
        bad("eleven words, and a language that has no list", "ReceiptError", "receipt", words="zoo " * 11, language="klingon"),
        bad("two pieces of six characters without spaces", "WrongWordCount", "receipt", words="歇" * 6 + " " + "歇" * 6, language=None),
        good("marks and signs among the words", "receipt", language=None,
             words="① zoo² " + "½zo\u0301o\ufe0f\u20dd " * 10 + "•WRO\u034fNG•"),
        bad("a language that has no list", "ReceiptError", "receipt", words=zoo + "wrong", language="klingon"),
        bad("English and French give different receipts", "AmbiguousReceipt", "receipt", words=ambiguous(), language=None),
        good("the same words, when the language is named", "receipt", words=ambiguous(), language="english"),
        good("and the other", "receipt", words=ambiguous(), language="french"),
    ]  # fmt: skip


def ambiguous() -> str:
    return ambiguous_sentence()[0]


def keys() -> list[Vector]:
    ana = identity("Ana")
    public, p = bytes(ana.recipient), 2**255 - 19

    def point(number: int) -> bytes:
        return number.to_bytes(32, "little") + public[32:]

    rejected = {
        "a point of zero": point(0),
        "a point of one, order 1": point(1),
        "the point p-1, order 2": point(p - 1),
        "a point of order 8": point(325606250916557431795983626356110631294008115727848805560023387167927233504),
        "the other point of order 8": point(
            39382357235489614581723060781553021112529911719440698176882885853963445705823
        ),
        "the point p, another spelling of zero": point(p),
        "the point p+9, another spelling of the base point": point(p + 9),
        "the largest number": b"\xff" * 32 + public[32:],
        "the high bit set, another spelling of a good key": flip(public, 31, 0x80),
        "an ML-KEM key with coefficients beyond 3328": public[:32] + b"\xff" * 1_184,
        "a byte too few": public[:-1],
        "a byte too many": public + b"\0",
        "no byte": b"",
    }
    printed = {
        "another prefix": "whistle-recipient-2:" + text(public),
        "no prefix": text(public),
        "the prefix of an identity": "whistle-identity-1:" + text(public),
        "a space behind": str(ana.recipient) + " ",
        "base64 cut short": str(ana.recipient)[:-4],
        "base64 in another spelling": str(ana.recipient)[:-2] + "B="
        if str(ana.recipient).endswith("==")
        else str(ana.recipient) + "=",
    }
    return [
        good("a recipient", "recipient", bytes=text(public)),
        good("the base point is a key", "recipient", bytes=text(point(9))),
        good("a recipient, printed", "printed recipient", text=str(ana.recipient)),
        good("an identity, printed", "printed identity", text=ana.secret_text()),
        good("an identity", "identity", secret=text(ana.secret_bytes())),
        good("an identity of zeros", "identity", secret=text(bytes(96))),
        good("a shared secret", "shared secret", secret=text(ana.secret_bytes()), recipient=text(bytes(identity("Bo").recipient))),
        good("the same from the other end", "shared secret", secret=text(identity("Bo").secret_bytes()), recipient=text(public)),
        bad("an identity of 95 bytes", "KeyRejected", "identity", secret=text(bytes(95))),
        bad("a recipient read as an identity", "KeyRejected", "printed identity", text=str(ana.recipient)),
        *(bad(name, "KeyRejected", "recipient", bytes=text(data)) for name, data in rejected.items()),
        *(bad(f"printed: {name}", "KeyRejected", "printed recipient", text=line) for name, line in printed.items()),
    ]  # fmt: skip
