"""What a field of a settings class says of itself is what everybody makes of it."""

from dataclasses import dataclass

import pytest

from sparklime_core.errors import SettingsError
from sparklime_core.setting import Settings, setting
from sparklime_core.setting_kinds import Choice, Positive, Share, Switch, Text, Texts, Whole, YesNo


@dataclass(frozen=True)
class Every(Settings):
    """A setting of each kind."""

    trees: int = setting(
        Whole(1, 9), 3, flag="trees", label="Trees", help="How many.", called="The number of trees"
    )
    width: float | None = setting(Positive(), None, flag="width", label="Width", help="How wide.", unset="usual")
    share: float = setting(Share(), 0.5, flag="test-share", label="Share", help="How much.")
    engine: str = setting(Choice(("a", "b")), "a", flag="engine", label="Engine", help="Which.")
    profiles: bool = setting(Switch(), False, flag="profiles", label="Profiles", help="Whether.")
    header: bool | None = setting(YesNo(), None, flag="header", label="Header", help="Whether.", unset="find out")
    mark: str | None = setting(
        Text(lambda text: len(text) < 2, "One sign, not {value!r}.", {"\t": "tab", "": "none"}),
        None,
        flag="mark",
        label="Mark",
        help="Which.",
        unset="find out",
    )
    words: tuple[str, ...] | None = setting(
        Texts("Words"), None, flag="words", label="Words", help="Which.", unset="the usual"
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, []),
        ({"width": 1.5, "profiles": True, "header": False}, ["--width=1.5", "--profiles", "--header=no"]),
        ({"mark": "\t", "words": ["a", "b c"]}, ["--mark=tab", "--words=a,b c"]),
        ({"mark": "", "words": ()}, ["--mark=none", "--words="]),
    ],
)
def test_a_command_line_means_the_settings_that_it_was_made_from(values, words):
    made = Every(**values)
    always = ["--trees=3", "--test-share=0.5", "--engine=a"]
    assert sorted(made.command_words()) == sorted(always + words)
    assert Every(**made.keywords()) == made


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"trees": 10}, "The number of trees must be between 1 and 9, not 10."),
        ({"width": -1}, "width must be a positive number, not -1."),
        ({"share": 1}, "share must be between 0 and 1, not 1."),
        ({"share": None}, "share must be a number, not None."),
        ({"engine": "c"}, "engine must be one of a, b, not 'c'."),
        ({"header": "no"}, "header must be True or False, not 'no'."),
        ({"mark": "ab"}, "One sign, not 'ab'."),
        ({"words": "ab"}, "words must be a sequence of texts, not 'ab'."),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(values, sentence):
    with pytest.raises(SettingsError) as raised:
        Every(**values)
    assert str(raised.value) == sentence


def test_texts_that_hold_commas_are_not_written_on_a_command_line():
    with pytest.raises(SettingsError, match="Words with a comma or spaces cannot be written on a command line"):
        Every(words=("a,b",)).command_words()


def test_people_see_what_is_left_open():
    assert Every(width=2, words=("a", "b")).described() == {
        "trees": "3",
        "width": "2.0",
        "test share": "0.5",
        "engine": "a",
        "profiles": "False",
        "header": "find out",
        "mark": "find out",
        "words": "a,b",
    }
