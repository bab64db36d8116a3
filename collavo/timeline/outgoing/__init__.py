"""Webhooks out: what happens here is told to the workspace's own programs, at least once and in order per thing.

A database trigger writes a Delivery for every endpoint that wants an Event, in the statement that writes the Event
(`models`); nothing is lost over a crash, and a workspace without endpoints pays nothing. `delivering` takes due ones
under a lease and sends them (`sending`), signed (`messages`), to addresses that were checked (`collavo/targets.py`).
"""
