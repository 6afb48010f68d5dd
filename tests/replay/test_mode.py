import pytest

from nbagents.errors import ModeError
from nbagents.replay.mode import resolve_mode

KEY = {"OPENAI_API_KEY": "sk-test"}
SERVER = {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}


@pytest.mark.parametrize(
    ("variables", "explicit", "expected"),
    [
        ({}, None, "offline"),
        (KEY, None, "live"),
        (SERVER, None, "live"),
        ({"OPENAI_API_KEY": "  ", "OPENAI_BASE_URL": ""}, None, "offline"),
        ({**KEY, "NBAGENTS_MODE": "offline"}, None, "offline"),
        ({"NBAGENTS_MODE": " "}, None, "offline"),
        ({**KEY, "NBAGENTS_MODE": "offline"}, "live", "live"),
        (KEY, "offline", "offline"),
    ],
)
def test_argument_then_variable_then_what_can_be_reached(variables, explicit, expected):
    """The argument decides, then NBAGENTS_MODE, then whether a key or server is named (blank counts as unset)."""
    assert expected == resolve_mode(variables, explicit)


def test_a_cassette_is_replayed_where_no_model_can_be_reached():
    """Who opens a recorded notebook without a key gets what was recorded; all that is set decides before."""
    assert resolve_mode({}, recorded=True) == "replay"
    assert resolve_mode(KEY, recorded=True) == "live"
    assert resolve_mode({"NBAGENTS_MODE": "offline"}, recorded=True) == "offline"
    assert resolve_mode({}, "offline", recorded=True) == "offline"


@pytest.mark.parametrize(
    ("variables", "explicit", "name"), [({}, "of-line", "mode"), ({"NBAGENTS_MODE": "x"}, None, "NBAGENTS_MODE")]
)
def test_unknown_mode_lists_the_known_ones(variables, explicit, name):
    """A mode that does not exist is named with where it came from and what there is."""
    with pytest.raises(ModeError, match="live, offline, record, replay") as caught:
        resolve_mode(variables, explicit)
    assert name == caught.value.name


@pytest.mark.parametrize("mode", ["live", "offline", "record", "replay"])
def test_each_mode_can_be_named(mode):
    """All four modes are chosen by argument and by variable."""
    assert mode == resolve_mode({}, mode)
    assert mode == resolve_mode({**KEY, "NBAGENTS_MODE": mode})
