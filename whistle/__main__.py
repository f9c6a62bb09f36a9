"""``python -m whistle`` is the ``whistle`` command."""

from whistle.cli import main

main()
