"""How records travel between a source or a console and the shelf. docs/protocol.md, section 9."""

from whistle.courier.courier import Courier, Pass

__all__ = ["Courier", "Pass"]
