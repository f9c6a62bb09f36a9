"""The blind shelf: equal-sized sealed records rest here until they are fetched, burned or expire.

docs/protocol.md, section "The shelf". The files of its folder:

* ``arrivals.sqlite``  what came since the last tidy, of both kinds: the only file that a put writes to
* ``messages.sqlite``  the messages of all earlier days, written anew by every tidy in the order of their addresses
* ``chunks.sqlite``    the chunks of all earlier days; the tidy adds to it in the order of their addresses
* ``sorting.sqlite``   only while a tidy runs, or after one was cut off: the arrivals that it is sorting in

A put is one durable write to a small file. What the order of arrival leaves behind in the pages of that file is
gone with the file after the tidy.
"""

from whistle.shelf.puts import Kept, Outcome, Put
from whistle.shelf.shelf import Shelf
from whistle.shelf.tables import ShelfKind

__all__ = ["Kept", "Outcome", "Put", "Shelf", "ShelfKind"]
