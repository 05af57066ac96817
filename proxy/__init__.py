"""Steno: a recording proxy for OpenAI-compatible APIs."""
