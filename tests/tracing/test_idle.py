from __future__ import annotations

import pytest

from nbagents.tracing.measure.idle import Fold, Gap, busy, gaps


def test_an_agent_that_waits_does_not_count_as_work(span, record):
    """Between two model calls nothing runs, though their agent and its turn are open."""
    made = record(
        [
            span(0, kind="agent", end=100),
            span(1, 0, "turn", end=100),
            span(2, 1, "response", begin=0, end=20),
            span(3, 1, "response", begin=70, end=100),
        ]
    )
    assert gaps(busy(made.nodes, 100), 0, 100) == [Gap(20, 70)]


def test_an_agent_without_children_is_all_there_is_to_see(span, record):
    """A run whose model makes no spans has worked while its agent was open."""
    made = record([span(0, kind="agent", begin=10, end=90)])
    assert gaps(busy(made.nodes, 100), 0, 100) == [Gap(0, 10), Gap(90, 100)]


def test_work_outside_the_window_is_cut(span):
    """Gaps lie within the window, also when work begins before it or ends after it."""
    assert gaps([(-5, 10), (20, 500)], 0, 100) == [Gap(10, 20)]
    assert gaps([(150, 160)], 0, 100) == [Gap(0, 100)]
    assert gaps([], 0, 0) == []


@pytest.mark.parametrize("moment", range(0, 2_000, 7))
def test_a_folded_axis_keeps_the_order_of_moments(moment):
    """What is later is drawn further right, in gaps too; outside of gaps distances are true."""
    fold = Fold([Gap(100, 600), Gap(900, 1900)], 20)
    assert fold.place(moment) < fold.place(moment + 1)
    if not any(gap.start <= moment < gap.end for gap in fold.gaps):
        assert fold.place(moment + 1) - fold.place(moment) == 1
    assert fold.place(2_000) == 2_000 - 480 - 980
    assert fold.stretches(0, 2_000) == [(0, 100), (600, 900), (1900, 2_000)]
