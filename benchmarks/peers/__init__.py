"""One script a peer, run by an interpreter of its own; none imports Headwater.

Each is called with (kind, input file, output folder), loads the file typed into
a DuckLake with a SQLite catalog and prints the rows that the lake then holds.
"""
