from __future__ import annotations

from nbagents._sqlite.holder import writers_in


def test_locks_of_others_do_not_count():
    """Readers, other bytes and other files are not who writes."""
    locks = """
1: POSIX  ADVISORY  READ 1 08:01:42 120 120
2: POSIX  ADVISORY  WRITE 2 08:01:42 123 123
3: POSIX  ADVISORY  WRITE 3 08:01:43 120 120
4: FLOCK  ADVISORY  WRITE 4 08:01:42 0 EOF
4: -> POSIX  ADVISORY  WRITE 5 08:01:42 120 120
5: POSIX  ADVISORY  WRITE 0 08:01:42 120 120
6: POSIX  ADVISORY  WRITE 6 08:01:42 119 121
"""
    assert list(writers_in(locks, {42: 120})) == [4, 6]
