from __future__ import annotations

import itertools
import random

import pytest

from nbagents.sessions.table.ids import STRIDE, appended, between, longest_rising, placed


@pytest.mark.parametrize(("last", "count"), [(0, 1), (0, 3), (1024, 2), (7, 2)])
def test_appended_ids_leave_room(last, count):
    """New ids are a stride apart, after every other."""
    ids = appended(last, count)
    assert [b - a for a, b in itertools.pairwise([last, *ids])] == [STRIDE] * count


def test_between_is_exact_about_room():
    """Every free id can be used, and not one more."""
    for taken in ((), (3,), (2, 3), (2, 4), (2, 3, 4)):
        free = [id_ for id_ in range(2, 5) if id_ not in taken]
        for count in range(5):
            ids = between(1, 5, count, taken)
            if count > len(free):
                assert ids is None
            else:
                assert len(ids) == count
                assert ids == sorted(set(ids))
                assert set(ids) <= set(free)


def test_longest_rising_is_the_longest():
    """As many rows as can be keep their id: compared with trying every subset."""
    for order in itertools.permutations([10, 20, 30, 40, 50]):
        best = max(
            len(subset)
            for size in range(6)
            for subset in itertools.combinations(order, size)
            if list(subset) == sorted(subset)
        )
        kept = [id_ for id_ in order if id_ in longest_rising(order)]
        assert (len(kept), kept) == (best, sorted(kept))


def test_longest_rising_is_quick():
    """100,000 rows in their order all stay."""
    assert len(longest_rising(range(100_000))) == 100_000


def test_placed_keeps_order_and_never_collides():
    """Ids rise in the order of the rows, are not another session's, and are not given twice."""
    random.seed(7)
    for _ in range(500):
        step = random.choice([1, 2, 5, STRIDE])
        table = [step * number for number in range(1, random.randint(2, 30))]
        own = sorted(random.sample(table, random.randint(1, len(table))))
        others = set(table) - set(own)
        order = random.sample(own, random.randint(0, len(own)))
        for _ in range(random.randint(0, 5)):
            order.insert(random.randint(0, len(order)), None)
        ids = placed(order, table, table[-1])
        assert ids == sorted(set(ids))
        assert not others & set(ids)
        assert all(now == was or now not in table for was, now in zip(order, ids, strict=True))


def test_placed_takes_the_room_there_is():
    """One insertion into rows a stride apart touches no other row."""
    assert placed([1024, None, 2048, 3072], [1024, 1500, 2048, 3072], 3072) == [1024, 1536, 2048, 3072]


def test_placed_renumbers_only_what_comes_after():
    """Rows that the SDK wrote densely: those before the insertion keep their ids."""
    assert placed([1, 2, None, 3, 4], [1, 2, 3, 4], 4) == [1, 2, 4 + STRIDE, 4 + 2 * STRIDE, 4 + 3 * STRIDE]


def test_placed_before_the_first():
    """The start of a history has room when its first id is not 1."""
    assert placed([None, 1024], [1024], 1024) == [512, 1024]
    assert placed([None, 1], [1], 1) == [1 + STRIDE, 1 + 2 * STRIDE]
