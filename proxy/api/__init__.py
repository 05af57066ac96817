"""Steno's own pages for programs."""
