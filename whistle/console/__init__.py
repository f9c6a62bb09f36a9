"""The reviewer's own side: a vault of keys, what was opened, and the acts on it. docs/console.md.

Walk of a report: ``sync`` (over a courier) → ``opening`` → ``ledger`` (append) → ``cases`` (fold) → a page.
``desk.Desk`` is the one class that pages and commands use; everything else is behind it.
"""
