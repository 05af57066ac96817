"""The answers of searches, statistics and reflections: the same in ``/api`` and on the command line. Pure.

Time spans are milliseconds, money is dollars; what is unknown is null.
"""
