"""Steno's store: rows as values, one front door, a folder for each backend."""
