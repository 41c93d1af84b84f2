"""Singer taps, run as they are in environments of their own.

Belongs here: what Singer's messages, catalogs and states mean. Does not belong here:
running a program or cutting its lines (`programs`), or anything of a single tap.
"""
