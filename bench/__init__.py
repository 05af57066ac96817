"""What the proxy costs, measured on this machine. Run by `make bench`; no part of the tests."""
