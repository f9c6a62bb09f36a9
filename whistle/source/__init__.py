"""What a source does, over whatever courier it is given: prepare, send, look, follow up, withdraw.

No clock, no settings, and no input or output besides the courier: whoever calls says which day it is.

- ``choices(directory, channel)``: who may read, to be chosen by the source.
- ``Source(courier, directory, receipt, today)``
    - ``visit()`` → ``Visit``: what is stored, the list in force, the verified replies.
    - ``content(reply)``, ``file(reply, file)``: long texts and files of a reply, verified.
    - ``prepare(draft, attachments, visit)`` → ``Sending``; ``Sending.send()`` → ``Sent``.
    - ``withdraw(readers, language)`` → ``Withdrawn``.
"""

from whistle.source.draft import Attachment, Choice, Draft, Readable, choices
from whistle.source.visit import Problem, ReceivedReply, Visit

__all__ = ["Attachment", "Choice", "Draft", "Problem", "Readable", "ReceivedReply", "Visit", "choices"]
