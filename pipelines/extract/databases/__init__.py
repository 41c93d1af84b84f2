"""Databases as sources: only ever read, each by the fastest way that is exact.

Belongs here: one reader for Postgres, one for SQLite, one for whatever else SQLAlchemy
has a dialect for, and what the three share. Does not belong here: naming, typing by
what a stream declares, landing (the stages behind).
"""
