"""Connectors made with airbyte-cdk, run as they are in environments of their own.

Belongs here: what Airbyte's messages, catalogs and states mean, and running a manifest
that names Python classes. Does not belong here: running a program or cutting its lines
(`programs`); or manifests that our own interpreter reads (`declarative`).
"""
