"""The bodies of the `headwater` commands, one module each.

Belongs here: what a command does with the engine and how it shows the outcome.
Does not belong here: arguments and help (`pipelines.cli`), or any work that
Dagster's runs need too.
"""
