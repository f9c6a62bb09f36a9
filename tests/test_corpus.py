import io
import re
import unicodedata
import zipfile
from collections import Counter

import pytest

from tests.corpus import FOLDER, Report, load, make_files

REPORTS = load()
BY_SLUG = {report.slug: report for report in REPORTS}

SECTORS = {
    "government procurement",
    "construction",
    "mining",
    "budget",
    "finance",
    "customs and tax",
    "police and courts",
    "health",
    "education",
    "other",
}
KINDS = {"actionable", "vague", "malicious", "duplicate", "out of scope", "accused reader", "urgent"}

# How a letter's Unicode name begins, for each script of ISO 15924 that a report may be in.
LETTERS = {
    "Latn": ("LATIN",),
    "Cyrl": ("CYRILLIC",),
    "Arab": ("ARABIC",),
    "Deva": ("DEVANAGARI",),
    "Thai": ("THAI",),
    "Khmr": ("KHMER",),
    "Mymr": ("MYANMAR",),
    "Kore": ("HANGUL",),
    "Jpan": ("CJK", "HIRAGANA", "KATAKANA"),
    "Hans": ("CJK",),
    "Hant": ("CJK",),
}
# Where words have no spaces between them: characters that take the room of one English word.
CHARACTERS_PER_WORD = {"Hans": 1.6, "Hant": 1.6, "Jpan": 2.2, "Thai": 4.5, "Khmr": 4.5, "Mymr": 4.5}

each_report = pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.slug)


def words(report: Report) -> float:
    pieces = report.text.split()
    per_word = CHARACTERS_PER_WORD.get(report.script)
    return sum(map(len, pieces)) / per_word if per_word else len(pieces)


def with_trait(trait: str) -> list[Report]:
    return [report for report in REPORTS if trait in report.traits]


def all_words_of(report: Report) -> str:
    names = [text for file in report.attachments for text in (file.name, file.description)]
    return "\n".join([report.text, report.answer, report.follow_up, report.contact or "", *names])


def test_there_are_enough_reports_in_enough_scripts() -> None:
    assert len(REPORTS) >= 26
    assert len({report.script for report in REPORTS}) >= 9
    assert {"en", "id", "ms", "fil", "es", "vi", "zh-Hans", "zh-Hant"} <= {report.language for report in REPORTS}


def test_every_offence_and_sector_is_covered() -> None:
    assert {report.offence for report in REPORTS} - {None} == set(range(15, 26))
    assert {report.sector for report in REPORTS} == SECTORS
    assert {report.kind for report in REPORTS} == KINDS


def test_lengths_run_from_a_note_to_a_long_account() -> None:
    lengths = [words(report) for report in REPORTS]
    assert min(lengths) >= 150
    assert max(lengths) <= 12_000
    assert sum(length > 8_000 for length in lengths) >= 2
    assert sum(1_000 <= length <= 3_000 for length in lengths) >= 5
    assert sum(length <= 600 for length in lengths) >= 12


@each_report
def test_a_report_says_that_it_is_invented(report: Report) -> None:
    assert report.fictional is True
    assert "invented" in report.note


@each_report
def test_a_report_is_in_the_script_it_says(report: Report) -> None:
    starts = Counter(
        unicodedata.name(letter, "?").split()[0]
        for letter in unicodedata.normalize("NFC", report.text)
        if letter.isalpha()
    )
    own = sum(starts[start] for start in LETTERS[report.script])
    assert own > 0.6 * starts.total()
    if report.script == "Jpan":
        assert starts["HIRAGANA"] > starts.total() / 5
    if report.script in {"Hans", "Hant"}:
        simplified, traditional = (sum(map(report.text.count, signs)) for signs in ("这说为钱们", "這說為錢們"))
        assert (simplified > traditional) == (report.script == "Hans")


@each_report
def test_every_part_has_words(report: Report) -> None:
    assert all(part.strip() for part in (report.title, report.text, report.answer, report.follow_up))
    long_lines = [line for line in report.text.splitlines() if len(line) > 40]
    assert len(set(long_lines)) == len(long_lines), "a line is repeated to fill"


@each_report
def test_a_report_excludes_only_trial_reviewers_and_never_all_of_them(report: Report) -> None:
    assert set(report.excludes) < {"reviewer-1", "reviewer-2"}
    if report.kind == "accused reader":
        assert report.excludes


def test_either_reviewer_is_excluded_somewhere_and_some_sources_leave_a_contact() -> None:
    assert {name for report in REPORTS for name in report.excludes} == {"reviewer-1", "reviewer-2"}
    assert sum(report.contact is not None for report in REPORTS) >= 3


def test_a_duplicate_names_the_report_it_repeats() -> None:
    for report in REPORTS:
        assert (report.kind == "duplicate") == (report.duplicate_of is not None)
        assert report.duplicate_of is None or report.duplicate_of in BY_SLUG


def test_the_demo_has_something_of_each_kind_and_nothing_that_breaks_a_first_look() -> None:
    shown = [report for report in REPORTS if report.demo]
    assert len(shown) >= 15
    assert {report.kind for report in shown} == KINDS
    assert not [report for report in shown if "right-to-left override" in report.traits]


# --- everything is invented


@each_report
def test_no_account_number_could_be_real(report: Report) -> None:
    for shown in re.findall(r"\b[A-Z]{2}\d{2} ?[A-Z]{4}(?: ?\d){10,24}", all_words_of(report)):
        number = shown.replace(" ", "")
        digits = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
        assert int(digits) % 97 != 1, f"{shown} has the check digits of a real account"


@each_report
def test_no_address_on_the_net_could_be_real(report: Report) -> None:
    files = "\n".join(
        file.content.decode("utf-8", "replace") for file in report.attachments if len(file.content) < 2_000
    )
    found = re.findall(r"(?:https?://|\b[\w.]+@)([\w.-]+)", all_words_of(report) + files)
    real = [host for host in found if not host.endswith((".example", ".w3.org"))]
    assert not real


# --- files


def test_the_loader_gives_exactly_the_bytes_on_disk() -> None:
    for report in REPORTS:
        folder = FOLDER / report.slug
        parts = {"text.txt": report.text, "answer.txt": report.answer, "follow-up.txt": report.follow_up}
        for name, part in parts.items():
            assert (folder / name).read_bytes() == part.encode()


def test_git_never_touches_the_line_ends() -> None:
    assert "* -text" in (FOLDER / ".gitattributes").read_text("utf-8").splitlines()


def test_every_file_on_disk_belongs_to_its_report_and_none_is_missing() -> None:
    for report in REPORTS:
        stored = [path.read_bytes() for path in (FOLDER / report.slug / "files").glob("*")]
        assert sorted(stored) == sorted(file.content for file in report.attachments)
        names = [file.name for file in report.attachments]
        assert len(set(names)) == len(names)
        assert all(file.description for file in report.attachments)


def test_files_have_the_names_that_break_programs() -> None:
    assert sum(bool(report.attachments) for report in REPORTS) >= 8
    names = [file.name for report in REPORTS for file in report.attachments]
    assert all("/" not in name and "\0" not in name and len(name.encode()) <= 255 for name in names)
    assert {"документ.pdf", "合同.pdf"} <= set(names)
    assert max(map(len, names)) == 200
    for sign in ("\u202e", "\u200b", " ", '"', "'", "<", ";", "🍶", "ا", "แ", "𠮷"):
        assert any(sign in name for name in names), f"no file name has {sign!r}"
    assert any(name.startswith("=") for name in names)
    assert any(name != name.strip() for name in names)
    folded = [unicodedata.normalize("NFC", name) for name in names]
    assert len(set(folded)) < len(set(names)), "two names should look alike and differ"


def test_files_have_the_sizes_that_break_programs() -> None:
    contents = [file.content for report in REPORTS for file in report.attachments]
    assert b"" in contents
    assert any(300_000 <= len(content) <= 320_000 for content in contents)


def test_the_zip_bomb_is_small_until_unpacked() -> None:
    [report] = with_trait("zip bomb")
    [packed] = [file.content for file in report.attachments if file.name.endswith(".zip")]
    assert len(packed) < 10_000
    inside = zipfile.ZipFile(io.BytesIO(packed)).infolist()
    assert sum(entry.file_size for entry in inside) > 1_000 * len(packed)


def test_files_carry_what_their_sender_does_not_see() -> None:
    def content(slug: str, name: str) -> bytes:
        return next(file.content for file in BY_SLUG[slug].attachments if file.name == name)

    photograph = content("01-ferry-tender", "buzzer with tape.jpg")
    assert photograph.startswith(b"\xff\xd8\xff\xe1")
    assert b"Exif\0\0II*\0" in photograph
    assert (0x8825).to_bytes(2, "little") in photograph[:60], "the tag that points to the place"
    letter = zipfile.ZipFile(io.BytesIO(content("01-ferry-tender", "Istavel – dissenting note, 22 July 2024.docx")))
    assert b"CTA-W7-0388" in letter.read("docProps/core.xml")
    workbook = zipfile.ZipFile(io.BytesIO(content("22-the-spreadsheet", "tips.xlsx")))
    assert b'state="hidden"' in workbook.read("xl/workbook.xml")
    assert b"/JavaScript" in content("31-harbour-abroad", "Undangan Lokakarya Hidrografi II.pdf")


def test_the_made_files_are_what_the_generator_makes() -> None:
    for path, content in make_files.build().items():
        assert (FOLDER / path).read_bytes() == content, f"{path}: run python -m tests.corpus.make_files"


# --- hostile texts


def test_one_company_has_one_name_in_three_scripts() -> None:
    for report in with_trait("one company in three scripts"):
        for name in ("Halcyon Reach Holdings", "海宁瑞控股", "Хэлсион Рич Холдингс", "2088417-K"):
            assert name in report.text


def test_one_account_is_written_in_several_ways() -> None:
    [report] = with_trait("one IBAN with and without spaces")
    ways = re.findall(r"XG21[ \dA-Z]+\d", report.text)
    assert len(set(ways)) == 3
    assert len({way.replace(" ", "") for way in ways}) == 1


def test_hostile_texts_hold_what_they_promise() -> None:
    promised = {
        "right-to-left override": "\u202e\u202d\u2067\u2066\u2068",
        "zero-width characters": "\u200b\u200c\u200d\u2060\u00ad\u200e\u200f",
        "byte order mark": "\ufeff",
        "astral-plane characters": "𠮷𣘺𡈽𩸽𪚥𠀋",
        "emoji": "👨\u200d👩\u200d👧\u200d👦🏽🇵🇼",
        "CR": "\r",
        "tabs": "\t",
        "rare line separators": "\x0b\x0c\x85\u2028\u2029",
    }
    for trait, signs in promised.items():
        assert with_trait(trait)
        for report in with_trait(trait):
            assert set(signs) <= set(report.text), f"{report.slug} lacks some of {trait}"
    for report in with_trait("combining marks"):
        assert max(map(len, re.findall("[\u0300-\u036f]+", report.text))) >= 6


def test_hostile_texts_hold_code_of_every_sort() -> None:
    [formulas] = with_trait("formulas")
    assert {line[0] for line in formulas.text.splitlines() if line} >= set("=+-@\t")
    [markup] = with_trait("markup")
    for code in ("<script>", "</textarea></form>", "{{7*7}}", "{% for", "DROP TABLE", "' OR '1'='1", "%0d%0a", "&lt;"):
        assert code in markup.text
    [machine] = with_trait("machine instructions")
    for order in ("Ignore all previous instructions", "<|im_start|>", "[INST]", '{"role": "system"'):
        assert order in machine.text


def test_line_ends_and_blanks_are_kept_in_all_their_forms() -> None:
    [report] = with_trait("CRLF")
    assert all(re.search(end, report.text) for end in (r"\r\n", r"\r(?!\n)", r"(?<!\r)\n", r"\n\r", r"[ \t]+\r?\n"))
    assert report.text != report.text.strip()


def test_one_line_is_longer_than_any_window() -> None:
    [report] = with_trait("one very long line")
    assert len(report.text) > 5_000
    assert len(report.text.splitlines()) == 1
    assert not report.text.endswith("\n")


def test_one_name_is_spelled_in_both_normal_forms() -> None:
    [report] = with_trait("NFC and NFD")
    for name in ("Đặng Hữu Nghĩa", "해온건설"):
        both = {unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)}
        assert len(both) == 2
        assert all(spelling in report.text for spelling in both)
    assert not unicodedata.is_normalized("NFC", report.text)
    assert not unicodedata.is_normalized("NFD", report.text)
