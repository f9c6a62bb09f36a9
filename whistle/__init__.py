"""Whistle: tell an anti-corruption authority what you know, be asked back, stay safe.

The rooms, in the order a report walks through them:

* ``protocol``  what every party agrees on: receipts, keys, slots, records, messages, streams, keyring
* ``source``    what a source does: prepare, send, look, follow up, withdraw
* ``courier``   how records travel: a small interface and its HTTP client
* ``intake``    the public site: the blind interface, and pages that are a source for one request
* ``shelf``     where equal-sized sealed records rest until they are fetched, burned or expire
* ``console``   the reviewer's own machine: vault, sync, ledger, cases, pages
* ``root``      the organisation root, offline: certify, revoke, succeed
* ``inspection`` whether a site serves what its organisation signed, found out from outside
* ``cli``       the ``whistle`` command, one file per room

``errors`` is the one tree of errors, ``language`` the one door to translated words,
``settings`` reads ``config/whistle.toml``. Who may import whom is a lint contract in ``pyproject.toml``.
"""
