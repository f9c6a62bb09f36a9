"""What is found on the shelf, judged: the source's own records, and the replies. docs/protocol.md, section 6."""

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest

from whistle.protocol.directory import Directory
from whistle.protocol.message import Reply
from whistle.protocol.reading import Verified, check_readers, check_reply_as_source, open_any
from whistle.protocol.record import Record, burn_hash
from whistle.protocol.sealing import commitment_of, open_state
from whistle.protocol.state import State
from whistle.protocol.thread import SourceKeys
from whistle.source.visit import ReceivedReply


@dataclass(frozen=True)
class Own:
    """A record that the source wrote: its commitment (32 bytes), what it told itself, and whether it is a withdraw."""

    index: int
    record: Record
    commitment: bytes
    state: State
    withdraw: bool


def own(record: Record, index: int, keys: SourceKeys) -> Own:
    """Return ``record``, which lies at the address of ``index`` upwards, as the source's own.

    Raises what ``open_state`` raises.
    """
    state = open_state(record, keys)
    withdraw = compare_digest(record.burn_hash, burn_hash(keys.withdraw_burn_token(record.address)))
    return Own(index, record, commitment_of(record), state, withdraw)


def reply(record: Record, keys: SourceKeys, directory: Directory) -> Verified[Reply]:
    """Return ``record`` as a reply whose index fits its address; its readers are yet to be judged.

    Raises what ``open_any`` and ``check_reply_as_source`` raise.
    """
    return check_reply_as_source(open_any(record, keys.identity), keys, directory)


def readers_hold(body: Reply, newest: Own | None, echoed: Mapping[int, Own]) -> bool:
    """Tell whether the readers of a reply are known to be the source's choice.

    They are judged by the newest list, and where that does not hold by the list of the newest message that the reply
    echoes. Returns false where neither list is left to judge by; raises ``ReadersRejected`` where they contradict.
    """
    if newest is not None and set(body.readers) <= set(newest.state.readers):
        return True
    if body.echoes and body.echoes[-1].index not in echoed:
        return False
    check_readers(
        body,
        lambda echo: echoed[echo.index].state.readers if echoed[echo.index].commitment == echo.commitment else None,
    )
    return True


def received(verified: Verified[Reply], directory: Directory, *, doubt: bool) -> ReceivedReply:
    """Return what the source is shown of a reply."""
    body = verified.body
    author, _statement = directory.author(body.statement, body.author, body.day)
    names = {person.id: person.name for person in directory.keyring.people}
    names |= {former.person.id: former.person.name for former in directory.keyring.former}
    readers = tuple(names.get(person, str(person)) for person in body.readers)
    return ReceivedReply(body.index, body.day, body.language, author.name, readers, body.content, body.stream, doubt)
