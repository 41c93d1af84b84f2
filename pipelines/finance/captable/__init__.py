"""Cap tables in the Open Cap Table Format: who owns what of a company on any day.

    documents ─ reading ─► Package ─ replay ─► CapTable of a day ─► ownership, dilution
                                │                     ▲
                                └─ references ────────┘ faults: file, object, rule

Belongs here: pure functions over the format's objects, in `decimal.Decimal`; what
vests (`vesting`), what notes, SAFEs and warrants turn into (`terms`, `interest`,
`priced_round`). Does not belong here: files, tables, the firm's own positions.
"""
