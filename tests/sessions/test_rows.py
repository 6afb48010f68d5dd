from __future__ import annotations

import json

import pytest

from nbagents.sessions.items.rows import decode

DEEP = 300
LOOSE = [
    '{"a": "\\ud83d"}',
    '{"a":' * DEEP + "1" + "}" * DEEP,
    '{"a": NaN, "b": -Infinity}',
    '{"a": 1e400}',
    '{"a": ' + "9" * 100 + "}",
    '{"a": 0.1000000000000000055511151231257827}',
    '{"a": 1, "a": 2}',
    '{"a": "\\u0000\\/"}',
    ' {"a": 1}\n',
]
NO_ITEMS = [
    "42",
    "null",
    "[]",
    '"x"',
    "",
    "{",
    "{'a': 1}",
    '{"a": 1,}',
    '{"a": 01}',
    '{"a": "\n"}',
    '{"a": 1} x',
    '\ufeff{"a": 1}',
    '{"a": ' + "9" * 5000 + "}",
    '{"a":' * 100_000,
    b'{"a": 1}',
    b'{"a": "\xff"}',
    None,
    5,
]


@pytest.mark.parametrize("text", LOOSE, ids=range(len(LOOSE)))
def test_an_item_is_what_json_reads(text):
    """Which parser is quickest does not decide what an item is: Python's own reading of JSON does."""
    rows = [(1, None, text, None)]
    good, items, bad = decode(rows)
    assert (good, bad) == (rows, [])
    assert repr(items) == repr([json.loads(text)])


@pytest.mark.parametrize("data", NO_ITEMS, ids=range(len(NO_ITEMS)))
def test_what_is_no_item_hides_none(data):
    """Whatever a row holds, the items around it are read."""
    good, items, bad = decode([(1, None, '{"a": 1}', None), (2, None, data, None), (3, None, '{"a": 3}', None)])
    assert [row[0] for row in good] == [1, 3]
    assert items == [{"a": 1}, {"a": 3}]
    assert [row.id for row in bad] == [2]
