"""The arithmetic that a fund lives by: money, returns, benchmarks, waterfalls, cap tables.

Belongs here: pure functions over values. Amounts are `decimal.Decimal`; a float is
only ever a rate or a ratio of a rate. Does not belong here: reading or writing
tables, Dagster, frames. A model written in Python may import this package.
"""
