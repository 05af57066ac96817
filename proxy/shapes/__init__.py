"""The answers of ``/api`` and of the commands' ``--json``, as types. Pure."""
