import copy
import pickle
import traceback
from contextlib import suppress
from random import Random
from unicodedata import combining, normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from mnemonic import Mnemonic

from tests.protocol.cast import chance, refuses
from whistle.errors import AmbiguousReceipt, ReceiptError, UnknownWord, WrongChecksum, WrongWordCount
from whistle.protocol.receipt import LANGUAGES, Receipt

ENTROPIES = st.binary(min_size=16, max_size=16)
ZERO, SEVENS, EIGHTS, ONES = bytes(16), b"\x7f" * 16, b"\x80" * 16, b"\xff" * 16

#: Sentences of 12 words that others published: those of BIP-39's own list of vectors for English, and for the other
#: languages those that the reference implementation's vectors and other implementations agree on.
PUBLISHED = [
    ("english", ZERO, "abandon " * 11 + "about"),
    ("english", SEVENS, "legal winner thank year wave sausage worth useful legal winner thank yellow"),
    ("english", EIGHTS, "letter advice cage absurd amount doctor acoustic avoid letter advice cage above"),
    ("english", ONES, "zoo " * 11 + "wrong"),
    (
        "english",
        bytes.fromhex("9e885d952ad362caeb4efe34a8e91bd2"),
        "ozone drill grab fiber curtain grace pudding thank cruise elder eight picnic",
    ),
    (
        "english",
        bytes.fromhex("c0ba5a8e914111210f2bd131f3d5e08d"),
        "scheme spot photo card baby mountain device kick cradle pact join borrow",
    ),
    (
        "english",
        bytes.fromhex("23db8160a31d3e0dca3688ed941adbf3"),
        "cat swing flag economy stadium alone churn speed unique patch report train",
    ),
    (
        "english",
        bytes.fromhex("f30f8c1da665478f49b001d94c5fc452"),
        "vessel ladder alter error federal sibling chat ability sun glass valve picture",
    ),
    ("japanese", ZERO, "あいこくしん　" * 11 + "あおぞら"),
    (
        "japanese",
        SEVENS,
        "そつう　れきだい　ほんやく　わかす　りくつ　ばいか　ろせん　やちん　そつう　れきだい　ほんやく　わかめ",
    ),
    (
        "japanese",
        EIGHTS,
        "そとづら　あまど　おおう　あこがれる　いくぶん　けいけん　あたえる　いよく　そとづら　あまど　おおう　あかちゃん",  # noqa: E501
    ),
    ("japanese", ONES, "われる　" * 11 + "ろんぶん"),
    ("chinese_simplified", SEVENS, "枪 疫 霉 尝 俩 闹 饿 贤 枪 疫 霉 卿"),
    ("chinese_simplified", EIGHTS, "壤 对 据 人 三 谈 我 表 壤 对 据 不"),
    ("chinese_simplified", ONES, "歇 歇 歇 歇 歇 歇 歇 歇 歇 歇 歇 逻"),
    ("chinese_traditional", SEVENS, "槍 疫 黴 嘗 倆 鬧 餓 賢 槍 疫 黴 卿"),
    ("chinese_traditional", EIGHTS, "壤 對 據 人 三 談 我 表 壤 對 據 不"),
    ("chinese_traditional", ONES, "歇 歇 歇 歇 歇 歇 歇 歇 歇 歇 歇 邏"),
    ("chinese_simplified", ZERO, "的 " * 11 + "在"),
    ("korean", ZERO, "가격 " * 11 + "가능"),
    ("korean", SEVENS, "실장 활동 큰절 흔적 형제 제대로 훈련 한글 실장 활동 큰절 흔히"),
    ("korean", EIGHTS, "실현 감소 기법 가상 걱정 무슨 가족 공간 실현 감소 기법 가득"),
    ("korean", ONES, "힘껏 " * 11 + "흑백"),
    ("spanish", ZERO, "ábaco " * 11 + "abierto"),
    ("spanish", SEVENS, "ligero vista talar yogur venta queso yacer trozo ligero vista talar zafiro"),
    ("spanish", EIGHTS, "lino admitir bolero abrir álbum dejar acelga aprender lino admitir bolero abogado"),
    ("spanish", ONES, "zurdo " * 11 + "yodo"),
    ("italian", ZERO, "abaco " * 11 + "abete"),
    ("italian", SEVENS, "mimosa vita sussurro zinco vero saltare zattera ulisse mimosa vita sussurro zircone"),
    (
        "italian",
        EIGHTS,
        "misurare afoso bravura accadere alogeno dottore acrilico arazzo misurare afoso bravura abisso",
    ),
    ("italian", ONES, "zuppa " * 11 + "zerbino"),
    ("french", ZERO, "abaisser " * 11 + "abeille"),
    ("czech", ZERO, "abdikace " * 11 + "agrese"),
    ("portuguese", ZERO, "abacate " * 11 + "abater"),
]


@pytest.mark.parametrize(("language", "entropy", "sentence"), PUBLISHED)
def test_published_sentences_are_read_and_written(language: str, entropy: bytes, sentence: str) -> None:
    assert Receipt.parse(sentence, language).secret_bytes() == entropy
    written = [normalize("NFKD", word) for word in Receipt(entropy).words(language)]
    assert written == normalize("NFKD", sentence).split()


@pytest.mark.parametrize(("entropy", "sentence"), [published[1:] for published in PUBLISHED])
def test_published_sentences_are_read_without_naming_the_language(entropy: bytes, sentence: str) -> None:
    assert Receipt.parse(sentence).secret_bytes() == entropy


def test_these_are_the_languages() -> None:
    assert LANGUAGES == (
        "chinese_simplified", "chinese_traditional", "czech", "english", "french", "italian",
        "japanese", "korean", "portuguese", "russian", "spanish", "turkish",
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_list_has_2048_words_that_stay_apart(language: str) -> None:
    words = [_every_word(language, place) for place in range(2_048)]
    typed = {
        "".join(mark for mark in normalize("NFKD", word) if not combining(mark)).replace("ı", "i") for word in words
    }
    assert len(typed) == 2_048
    assert all(word.isalpha() and word == word.lower() for word in typed)


def _every_word(language: str, place: int) -> str:
    return Receipt((place << 117).to_bytes(16, "big")).words(language)[0]


def test_the_broken_word_of_the_russian_list_is_mended() -> None:
    assert [_every_word("russian", place) for place in (1_571, 1_572, 1_573)] == ["сниться", "снова", "снять"]
    receipt = Receipt((1_572 << 117).to_bytes(16, "big"))
    assert Receipt.parse(" ".join(receipt.words("russian"))).secret_bytes() == receipt.secret_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
@given(entropy=ENTROPIES)
def test_round_trip_in_every_language(language: str, entropy: bytes) -> None:
    sentence = " ".join(Receipt(entropy).words(language))
    assert Receipt.parse(sentence, language).secret_bytes() == entropy
    assert Receipt.parse(normalize("NFC", sentence), language).secret_bytes() == entropy
    assert Receipt.parse(normalize("NFD", sentence).upper(), language).secret_bytes() == entropy
    with suppress(AmbiguousReceipt):
        assert Receipt.parse(sentence).secret_bytes() == entropy


@given(ENTROPIES)
def test_what_a_person_writes_around_the_words_does_not_matter(entropy: bytes) -> None:
    words = Receipt(entropy).words()
    for text in (
        ", ".join(words),
        "\n".join(f"{number}. {word}" for number, word in enumerate(words, 1)),
        "  " + "\t".join(words).title() + " \r\n",
        " - ".join(words),
        "、".join(words) + "。",
        "_".join(words),
        "(1) " + " [2] ".join(words),
    ):
        assert Receipt.parse(text, "english").secret_bytes() == entropy


def test_chinese_may_be_written_without_spaces() -> None:
    assert Receipt.parse("壤对据人三谈我表壤对据不").secret_bytes() == EIGHTS
    assert Receipt.parse("歇" * 11 + "逻").secret_bytes() == ONES
    with_the_first_sign = Receipt((1 << 117).to_bytes(16, "big"))
    assert with_the_first_sign.words("chinese_simplified")[0] == "一"
    glued = "".join(with_the_first_sign.words("chinese_simplified"))
    assert Receipt.parse(glued).secret_bytes() == with_the_first_sign.secret_bytes()
    refuses(UnknownWord, lambda: Receipt.parse("\u9fff" * 12))
    refuses(WrongWordCount, lambda: Receipt.parse("歇" * 10 + "逻"))
    refuses(WrongWordCount, lambda: Receipt.parse("abcdefghijkl"))
    refuses(WrongWordCount, lambda: Receipt.parse("歇" * 11 + "x"))


def test_accents_may_be_left_out() -> None:
    plain = "lino admitir bolero abrir album dejar acelga aprender lino admitir bolero abogado"
    assert Receipt.parse(plain, "spanish").secret_bytes() == EIGHTS


def test_15_of_16_wrong_words_are_caught_by_the_checksum() -> None:
    words = list(Receipt(chance("receipt", 16)).words())
    passed = 0
    for other in Mnemonic("english").wordlist:
        try:
            passed += Receipt.parse(" ".join([*words[:-1], other]), "english") is not None
        except WrongChecksum:
            continue
    assert passed == 128


def test_two_words_that_changed_places_are_caught_here() -> None:
    sentence = "spot scheme photo card baby mountain device kick cradle pact join borrow"
    refuses(WrongChecksum, lambda: Receipt.parse(sentence))


@pytest.mark.parametrize("count", [0, 1, 11, 13, 24])
def test_a_receipt_has_twelve_words(count: int) -> None:
    refuses(WrongWordCount, lambda: Receipt.parse("zoo " * count))


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_receipt_has_16_bytes(size: int) -> None:
    refuses(WrongWordCount, lambda: Receipt(bytes(size)))


def test_an_unknown_word_is_named_by_its_place_alone() -> None:
    sentence = "scheme spot photo card baby mountain devise kick cradle pact join borrow"
    with pytest.raises(UnknownWord) as refused:
        Receipt.parse(sentence)
    assert refused.value.position == 7
    assert "7" in refused.value.message()
    text = "".join(traceback.format_exception(refused.value)) + repr(refused.value) + refused.value.message()
    assert not any(word in text for word in ("scheme", "devise", "borrow"))


def test_the_list_that_knows_most_of_the_words_says_which_is_unknown() -> None:
    spanish = "lino admitir bolero abrir álbum dejar acelga aprender lino admitir xxxx abogado"
    with pytest.raises(UnknownWord) as refused:
        Receipt.parse(spanish)
    assert refused.value.position == 11
    with pytest.raises(UnknownWord) as named:
        Receipt.parse(spanish, "spanish")
    assert named.value.position == 11


def ambiguous_sentence() -> tuple[str, dict[str, bytes]]:
    """Return words that are a receipt in English, and another one in French."""
    english, french = (Mnemonic(language).wordlist for language in ("english", "french"))
    shared = [word for word in english if word in set(french)]
    draw = Random(12)
    for _ in range(10_000):
        words = " ".join(draw.choices(shared, k=12))
        found = {}
        for language in ("english", "french"):
            with suppress(WrongChecksum):
                found[language] = Receipt.parse(words, language).secret_bytes()
        if len(found) == 2:
            return words, found
    raise AssertionError


def test_words_of_two_languages_ask_which_one() -> None:
    sentence, found = ambiguous_sentence()
    with pytest.raises(AmbiguousReceipt) as asked:
        Receipt.parse(sentence)
    assert asked.value.languages == ["english", "french"]
    assert found["english"] != found["french"]
    for language in asked.value.languages:
        assert Receipt.parse(sentence, language).secret_bytes() == found[language]


@pytest.mark.parametrize("entropy", [ZERO, SEVENS, ONES])
def test_a_receipt_that_two_lists_agree_on_is_not_ambiguous(entropy: bytes) -> None:
    simplified = Mnemonic("chinese_simplified").wordlist
    traditional = Mnemonic("chinese_traditional").wordlist
    assert all(simplified.index(word) == traditional.index(word) for word in set(simplified) & set(traditional))
    for language in ("chinese_simplified", "chinese_traditional"):
        assert Receipt.parse("".join(Receipt(entropy).words(language))).secret_bytes() == entropy


@given(st.text(max_size=80) | st.lists(st.sampled_from(Mnemonic("french").wordlist), max_size=13).map(" ".join))
def test_any_text_is_a_receipt_or_an_error_of_receipts(text: str) -> None:
    try:
        receipt = Receipt.parse(text)
    except ReceiptError:
        return
    assert len(receipt.secret_bytes()) == 16


@given(st.lists(st.sampled_from(Mnemonic("english").wordlist), min_size=12, max_size=12))
def test_no_word_of_a_wrong_receipt_reaches_the_traceback(words: list[str]) -> None:
    try:
        Receipt.parse(" ".join(words))
        assume(False)  # noqa: FBT003 - hypothesis takes it by place
    except ReceiptError as error:
        text = "".join(traceback.format_exception(error)).split("\n")[-2]
        assert text.startswith("whistle.errors.")
        assert not any(word in text.lower().removeprefix("whistle.errors.wrongchecksum") for word in words)


@pytest.mark.parametrize("language", ["klingon", "", "../wordlist/english", "ENGLISH"])
def test_a_language_that_nobody_has_is_a_receipt_error(language: str) -> None:
    refuses(ReceiptError, lambda: Receipt.parse("zoo " * 11 + "wrong", language))


def test_every_word_is_known_but_in_another_language_than_the_one_named() -> None:
    with pytest.raises(UnknownWord) as refused:
        Receipt.parse("zoo " * 11 + "wrong", "japanese")
    assert refused.value.position == 1


def test_new_receipts_are_new() -> None:
    assert len({Receipt.generate().secret_bytes() for _ in range(20)}) == 20


def test_a_receipt_never_shows_itself() -> None:
    receipt = Receipt(chance("receipt", 16))
    assert repr(receipt) == str(receipt) == f"{receipt}" == "<Receipt>"
    assert not hasattr(receipt, "__dict__")
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            act(receipt)
