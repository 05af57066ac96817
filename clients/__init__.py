"""Real clients through the proxy, and what is in the store afterwards. Run by `make clients`; no part of the tests."""
