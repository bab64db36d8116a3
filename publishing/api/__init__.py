"""Publishing's part of the REST API: routers that call the same verbs, preflight and claim as the console."""
