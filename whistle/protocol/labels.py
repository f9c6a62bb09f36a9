"""Every size and every domain-separation label of the protocol, each once. docs/protocol.md, section 2."""

from typing import Final

VERSION: Final = 1

# --- sizes, in bytes unless the name says otherwise

RECORD_SIZE: Final = 32_768
ADDRESS_SIZE: Final = 32
BURN_HASH_SIZE: Final = 32
BURN_TOKEN_SIZE: Final = 32
SEALED_SIZE: Final = 32_704
HEADER_SIZE: Final = 65

HASH_SIZE: Final = 32
ROW_STEP: Final = 128
COMMITMENT_SIZE: Final = 32
CONTENT_KEY_SIZE: Final = 32
AUTHENTICATOR_SIZE: Final = 32
SLOT_PAYLOAD_SIZE: Final = 64
SLOT_SIZE: Final = 1_216
SLOT_COUNT: Final = 16
BODY_SIZE: Final = 13_199
BODY_CIPHERTEXT_SIZE: Final = 13_215
BODY_TEXT_LIMIT: Final = BODY_SIZE - 4
BODY_JSON_LIMIT: Final = 131_072

STATE_SIZE: Final = 48
STATE_MAC_SIZE: Final = 16
READER_LIMIT: Final = 15

X25519_SIZE: Final = 32
MLKEM_SEED_SIZE: Final = 64
MLKEM_PUBLIC_SIZE: Final = 1_184
MLKEM_CIPHERTEXT_SIZE: Final = 1_088
RECIPIENT_SIZE: Final = 1_216
IDENTITY_SIZE: Final = 96

RECEIPT_SIZE: Final = 16
RECEIPT_WORDS: Final = 12
FINGERPRINT_WORDS: Final = 10

CHUNK_TEXT_SIZE: Final = 32_688
STREAM_KEY_SIZE: Final = 32
STREAM_NONCE_SIZE: Final = 8
CHUNK_MINIMUM: Final = 8
CHUNK_LIMIT: Final = 1 << 20
FILE_LIMIT: Final = 1_000
FILE_NAME_LIMIT: Final = 1_024
FILE_TYPE_LIMIT: Final = 128
PART_LIMIT: Final = 16 << 20

REFERENCE_SIZE: Final = 16
CASE_SIZE: Final = 32
ECHO_LIMIT: Final = 64
WITHDRAW_LIMIT: Final = 200
INVENTORY_ENTRY_SIZE: Final = 8
INVENTORY_LIMIT: Final = 800
JSON_DEPTH: Final = 8
JSON_INTEGER_LIMIT: Final = 2**53 - 1
JSON_MARK_LIMIT: Final = 1 << 18
STATEMENT_DAYS: Final = 30
SIGNATURE_SIZE: Final = 64

# --- what one call of the shelf's interface carries

LOOK_COUNT: Final = 128
LOOK_ANSWER_SIZE: Final = LOOK_COUNT // 8
FETCH_COUNT: Final = 8
BURN_COUNT: Final = 8
PUT_CHUNK_LIMIT: Final = 32

# --- directions and roles

UP: Final = 0
DOWN: Final = 1

# --- labels: each begins with "whistle/1/", so that no other protocol's hash is ever ours

ROW: Final = b"whistle/1/row"
SITE: Final = b"whistle/1/site"
FINGERPRINT: Final = b"whistle/1/fingerprint"

SOURCE_X25519: Final = b"whistle/1/source x25519"
SOURCE_MLKEM: Final = b"whistle/1/source ml-kem"
THREAD_KEY: Final = b"whistle/1/thread key"
STATE_KEY: Final = b"whistle/1/state key"
BURN_KEY: Final = b"whistle/1/burn key"
CONTACT_X25519: Final = b"whistle/1/contact x25519"
CONTACT_MLKEM: Final = b"whistle/1/contact ml-kem"
CONTACT_ADDRESS: Final = b"whistle/1/contact address"
CONTACT_BURN: Final = b"whistle/1/contact burn"

ADDRESS: Final = b"whistle/1/address"
BURN_HASH: Final = b"whistle/1/burn hash"
BURN_RECORD: Final = b"whistle/1/burn record"
BURN_CHUNK: Final = b"whistle/1/burn chunk"
BURN_WITHDRAW: Final = b"whistle/1/burn withdraw"

SLOT: Final = b"whistle/1/slot"
COMMITMENT: Final = b"whistle/1/commitment"
AUTHENTICATOR: Final = b"whistle/1/authenticator"
STATE: Final = b"whistle/1/state"

CHUNK_KEY: Final = b"whistle/1/chunk key"
CHUNK_ADDRESS: Final = b"whistle/1/chunk address"

KEYRING: Final = b"whistle/1/keyring"
STATEMENT: Final = b"whistle/1/statement"
SUCCESSION: Final = b"whistle/1/succession"
ENROLMENT: Final = b"whistle/1/enrolment"
EVENT: Final = b"whistle/1/event"
INVENTORY: Final = b"whistle/1/inventory"
INVENTORY_ENTRY: Final = b"whistle/1/inventory entry"
LISTING: Final = b"whistle/1/listing"
WORK: Final = b"whistle/1/work"
CARRIED: Final = b"whistle/1/carried"
MANIFEST: Final = b"whistle/1/manifest"
