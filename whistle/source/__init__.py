"""What a source does, over whatever courier it is given: prepare, send, look, follow up, withdraw.

No clock, no settings, and no input or output besides the courier: which day it is stands in the directory.

- ``choices(directory, channel)``: who may read, to be chosen by the source.
- ``Source(courier, directory, receipt)``
    - ``visit()`` → ``Visit``: what is stored, the list in force, the verified replies.
    - ``load(reply)``, ``file(reply, file)``: long texts and files of a reply, verified.
    - ``prepare(draft, attachments, visit)`` → ``Sending``; ``Sending.send()`` → ``Sent``.
    - ``withdraw(readers, language)`` → ``Withdrawn``.
"""

from whistle.source.draft import Attachment, Choice, Draft, Readable, choices
from whistle.source.sending import Sending, Sent
from whistle.source.source import Source
from whistle.source.visit import Problem, ReceivedReply, Visit
from whistle.source.withdrawing import Withdrawn

__all__ = [
    "Attachment",
    "Choice",
    "Draft",
    "Problem",
    "Readable",
    "ReceivedReply",
    "Sending",
    "Sent",
    "Source",
    "Visit",
    "Withdrawn",
    "choices",
]
