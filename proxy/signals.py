"""Which signals ask a process to end."""

from __future__ import annotations

import signal


def ends_asked_by() -> list[signal.Signals]:
    """The signals that ask for the end: of a terminal that closes, too, unless ``nohup`` lets that pass by."""
    hung_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hung_up]
