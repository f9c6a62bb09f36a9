"""The source, with its receipt in hand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from whistle.courier import Courier
from whistle.protocol.content import File
from whistle.protocol.directory import Directory
from whistle.protocol.receipt import Receipt
from whistle.protocol.stream import Layout
from whistle.protocol.thread import SourceKeys
from whistle.source.draft import Attachment, Draft
from whistle.source.sending import Sending
from whistle.source.stream import ReplyStream
from whistle.source.visit import ReceivedReply, Visit
from whistle.source.visiting import Visiting
from whistle.source.withdrawing import Withdrawing, Withdrawn


class Source:
    """Everything that can be done with a receipt. Every method may raise what a ``Courier`` raises.

    The day of everything it writes, and by which it judges, is ``Directory.today``.
    """

    def __init__(self, courier: Courier, directory: Directory, receipt: Receipt) -> None:
        self._courier = courier
        self._directory = directory
        self._keys = SourceKeys(receipt, directory.site)

    def visit(self, before: int | None = None) -> Visit:
        """Return what lies in the thread, with the newest 7 replies, or the newest 7 below index ``before``.

        It takes the same calls whether or not anything waits: one look and one fetch, and more of them only for a
        thread of more than 56 messages or where a record does not hold. Raises ``NothingFound``.
        """
        return Visiting(self._courier, self._keys, self._directory).visit(before)

    def load(self, reply: ReceivedReply) -> ReceivedReply:
        """Return ``reply`` with its content, fetched where the text was too long for one record.

        Raises ``StreamMalformed``, ``StreamAltered`` and ``BodyMalformed``.
        """
        if reply.content is not None or reply.stream is None:
            return reply
        return replace(reply, content=ReplyStream(self._courier, reply.stream).content())

    def file(self, reply: ReceivedReply, file: File) -> Iterator[bytes]:
        """Return the bytes of a file of a loaded reply, chunk by chunk, in flat memory.

        The whole stream is fetched and verified before this returns, and the file is then fetched again: nothing
        that was not verified is given out. Raises ``StreamMalformed`` and ``StreamAltered``.
        """
        if reply.stream is None:
            return iter(())
        layout = Layout(reply.stream, reply.files)
        stream = ReplyStream(self._courier, reply.stream)
        stream.verify(layout)
        return stream.read(file, layout)

    def prepare(
        self,
        draft: Draft,
        attachments: Iterable[Attachment] = (),
        visit: Visit | None = None,
        index: int | None = None,
    ) -> Sending:
        """Return the message, checked, ready to ``send``; nothing has been put yet.

        ``attachments`` are taken one after the other while they are sent, and each is read once. A first report has
        no ``visit``; a follow-up takes one made just before. ``index`` is given by a form that carries it, so that a
        second click finds the first; else it is the next free one.

        Raises ``BodyMalformed``, ``TooLarge``, ``NobodyToRead``, and ``ReaderUnavailable`` for somebody chosen to whom
        nothing can be sealed today.
        """
        if index is None:
            index = 0 if visit is None else visit.next_index
        newest = (None, None) if visit is None else (visit.newest, visit.commitment)
        return Sending(self._courier, self._directory, self._keys, draft, attachments, index, newest)

    def withdraw(self, readers: Sequence[int], language: str, *, also_replies: bool = False) -> Withdrawn:
        """Tell ``readers`` that everything is taken back, and burn it: messages, files, contact details.

        The record that says so stays. After any failure, do it again. Raises ``NothingFound``, ``NobodyToRead`` and
        ``ReaderUnavailable``, and then nothing was burned.
        """
        withdrawing = Withdrawing(self._courier, self._directory, self._keys, language)
        return withdrawing.withdraw(readers, also_replies=also_replies)
