"""Scanners for the holes that web applications usually have, let loose on the intake and on a console."""
