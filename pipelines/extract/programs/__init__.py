"""Programs of others that speak in lines of JSON: taps and connectors.

Belongs here: what Singer and Airbyte have in common: running a program apart,
reading its lines, cutting records out of them exactly, and gathering them to pages.
Does not belong here: what either protocol's messages mean.
"""
