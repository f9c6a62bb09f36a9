"""The organisation root, offline: found, certify, revoke, succeed, publish. docs/protocol.md, section 7.

Nothing here speaks to a network. ``folder`` is the only file that can load the root's secret.
"""
