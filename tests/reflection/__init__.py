"""Reflections are tested with values."""
