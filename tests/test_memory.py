"""Memory: bounded by what the tracks hold, not by their number."""

from __future__ import annotations

from proxy.memory import Tracks
from proxy.tracks import Track
from tests.talks import chat, heard, planner, track_of, user


def test_what_was_put_is_found() -> None:
    tracks, track = Tracks(), track_of(chat(3), 1000)
    tracks.put("a", track)
    assert tracks.get("a") is track
    assert tracks.get("b") is None


def test_a_history_counts_once_however_many_tracks_share_it() -> None:
    track = track_of(chat(100), 2000)
    assert track.closed is not None
    tracks = Tracks()
    tracks.put("a", track)
    alone = tracks.passages
    tracks.put("b", planner(2000).follow(track, heard([user("more")])))
    assert tracks.passages - alone == len(track.tail) + 1
    tracks.put("a", Track())
    tracks.put("b", Track())
    assert (tracks.passages, tracks.shared) == (0, {})


def test_the_least_recently_used_goes_first() -> None:
    track = track_of(chat(3), 1000)
    tracks = Tracks(limit=2 * len(track.tail))
    tracks.put("a", track)
    tracks.put("b", track)
    tracks.get("a")
    tracks.put("c", track)
    assert list(tracks.held) == ["a", "c"]


def test_one_track_is_kept_however_large() -> None:
    tracks = Tracks(limit=0)
    tracks.put("a", track_of(chat(3), 1000))
    assert tracks.get("a") is not None
