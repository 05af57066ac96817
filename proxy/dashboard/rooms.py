"""Where the pages are."""

ROOMS = frozenset({"sessions", "exchanges", "totals", "reflection", "health", "live", "static", "login", "logout"})
"""The first parts of all these paths, which name no provider."""
