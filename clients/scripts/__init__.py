"""One script a client: each holds conversations through the proxy, as its users do, and says what it saw of them.

They run with the packages of their client, not with Steno's.
"""
