"""What was opened and done, append-only: the only record of it. docs/console.md."""

from whistle.console.ledger.chain import Act
from whistle.console.ledger.ledger import Ledger

__all__ = ["Act", "Ledger"]
