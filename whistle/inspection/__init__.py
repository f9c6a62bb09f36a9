"""Checking a site from outside: whether it serves to everybody what the organisation's root signed, and nothing else.

It asks like ordinary visitors, and judges only afterwards: what is asked must not depend on what was found.
"""
