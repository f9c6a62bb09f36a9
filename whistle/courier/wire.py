"""The names and sizes of the HTTP interface, shared by its client and by the intake. docs/protocol.md, section 9.

==========================  ======================================  =======================================
call                        body                                    answer
==========================  ======================================  =======================================
``GET /v1/keyring``         none                                    200, JSON: the published document
``POST /v1/statements``     JSON: one signed statement              204
``POST /v1/messages``       1 record, 32,768 bytes                  204, or 409 where another record lies
``POST /v1/chunks``         1 to 32 records                         204, or 409
``POST /v1/look``           128 addresses, 4,096 bytes              200, 16 bytes, lowest bit first
``POST /v1/fetch``          8 addresses, 256 bytes                  200, 262,144 bytes
``POST /v1/burn``           8 tokens, 256 bytes                     204, always
``GET /v1/messages?day&after``  none, header ``Whistle-Pass``       200, 0 to 64 records, by address
==========================  ======================================  =======================================

Bodies are ``application/octet-stream`` unless JSON is named. Refusals are 400 (malformed), 401 (no valid pass),
403 (work missing or for another day), 413 (too large), 503 (cannot store now) and 507 (full); their bodies are empty.
"""

from datetime import date
from typing import Final

KEYRING_PATH: Final = "/v1/keyring"
STATEMENTS_PATH: Final = "/v1/statements"
MESSAGES_PATH: Final = "/v1/messages"
CHUNKS_PATH: Final = "/v1/chunks"
LOOK_PATH: Final = "/v1/look"
FETCH_PATH: Final = "/v1/fetch"
BURN_PATH: Final = "/v1/burn"

#: Carries the nonce (hex) of the proof of work; every POST of the interface has one.
WORK_HEADER: Final = "Whistle-Work"
#: Carries ``person:time:nonce:signature``: two decimal numbers, 16 and 64 bytes in hex.
PASS_HEADER: Final = "Whistle-Pass"
#: A pass is good for this many seconds before and after the server's time, and once.
PASS_SECONDS: Final = 300

OCTETS: Final = "application/octet-stream"
JSON: Final = "application/json"
LISTING_PAGE: Final = 64
STATEMENT_LIMIT: Final = 16_384
PUBLISHED_LIMIT: Final = 4 << 20
#: Bits of work that a client does at most for one request: 2^24 tries take Python half a minute.
WORK_LIMIT: Final = 24


def listing_query(day: date, after: bytes = b"") -> str:
    """Return the query (without ``?``) for the messages of ``day`` whose address comes after ``after``."""
    return f"day={day.isoformat()}&after={after.hex()}"
