"""The far side of the platforms, on loopback: for development, tests and proofs. Never for production.

`server.py` speaks HTTP, `platforms/` speak each network's wire protocol, `faults.py` makes calls go wrong on order,
`ledger.py` remembers what went live and every call, `feed.py` shows it as a person would see it, `control.py` is the
door for tests (`client.py` is its client). Nothing here imports Django or the product's own tables: it is the judge.
"""
