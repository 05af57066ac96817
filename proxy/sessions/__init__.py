"""Tracking from Python, without the proxy, into the same store and by the same code."""
