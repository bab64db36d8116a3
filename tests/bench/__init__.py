"""How fast it is: `python -m tests.bench [name …]`, with real processes and a database of its own, on loopback only."""
