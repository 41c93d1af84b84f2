"""The interpreter of declarative sources: from a resolved manifest to records.

Belongs here: what each component of the vocabulary does when a stream is read,
compiled once for a stream. Does not belong here: reading and validating the
manifest's text (declarative), evaluating expressions (interpolation), or the
network (resources.http).
"""
