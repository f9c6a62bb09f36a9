from whistle.protocol import labels

LABELS = {name: value for name, value in vars(labels).items() if isinstance(value, bytes)}


def test_no_two_labels_are_the_same() -> None:
    assert len(set(LABELS.values())) == len(LABELS) > 30


def test_every_label_says_whose_it_is_and_of_which_version() -> None:
    assert all(label.startswith(b"whistle/1/") and label.isascii() for label in LABELS.values())


def test_the_parts_of_a_record_add_up() -> None:
    assert labels.ADDRESS_SIZE + labels.BURN_HASH_SIZE + labels.SEALED_SIZE == labels.RECORD_SIZE
    slots = labels.SLOT_COUNT * labels.SLOT_SIZE
    assert 1 + labels.COMMITMENT_SIZE + slots + labels.BODY_CIPHERTEXT_SIZE == labels.SEALED_SIZE
    assert labels.BODY_SIZE + 16 == labels.BODY_CIPHERTEXT_SIZE
    assert labels.CHUNK_TEXT_SIZE + 16 == labels.SEALED_SIZE
    assert labels.ADDRESS_SIZE + labels.BURN_HASH_SIZE + 1 == labels.HEADER_SIZE


def test_the_parts_of_a_slot_add_up() -> None:
    assert 48 + labels.MLKEM_CIPHERTEXT_SIZE + 16 + labels.SLOT_PAYLOAD_SIZE == labels.SLOT_SIZE
    assert labels.CONTENT_KEY_SIZE + labels.AUTHENTICATOR_SIZE == labels.SLOT_PAYLOAD_SIZE
    assert labels.STATE_SIZE + labels.STATE_MAC_SIZE == labels.SLOT_PAYLOAD_SIZE
    assert 2 + 4 + labels.STREAM_NONCE_SIZE + 2 * labels.READER_LIMIT + 4 == labels.STATE_SIZE
    assert labels.X25519_SIZE + labels.MLKEM_PUBLIC_SIZE == labels.RECIPIENT_SIZE
    assert labels.X25519_SIZE + labels.MLKEM_SEED_SIZE == labels.IDENTITY_SIZE


def test_readers_and_the_source_fit_the_slots() -> None:
    assert labels.READER_LIMIT + 1 == labels.SLOT_COUNT
