"""One organization under many names: which records of all sources are one company.

    given rows ─► records ─► blocking ─► scoring ─► clusters ─► orgs ─► core.org_xref
                               training ─► model ──┘     └─ decisions of people

Belongs here: making records comparable, learning and using the model, clusters, and
ids that stay. Does not belong here: where the rows come from (the models named
staging.…__org_records), commands and orchestration.
"""
