"""What every party agrees on. Bytes in, bytes out: no I/O, no clock, no settings, no Flask.

``docs/protocol.md`` is the normative text; each module names the section it implements.
"""
