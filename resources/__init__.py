"""Where Headwater connects: settings, the warehouse, file systems.

Nothing here knows a source, a stream or a model.
"""
