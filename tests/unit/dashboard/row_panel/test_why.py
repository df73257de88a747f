"""The classes of a row by their probability."""

from sparklime_core.dashboard.row_panel.why import classes_frame


def test_the_explained_class_is_among_the_shown_ones() -> None:
    frame = classes_frame(["a", "b", "c", "d"], [0.5, 0.3, 0.15, 0.05], 3, 2)

    assert list(frame["name"]) == ["a", "d"]
    assert list(frame["role"]) == ["other class", "explained class"]
