"""How and when the firm's data moves: the engine, the catalog and the command.

What the data is lives in `assets`, where it connects lives in `resources`.
"""
