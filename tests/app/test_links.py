"""Links that somebody has made up."""

import pytest

from tests.app.conftest import OpenPage, Runs


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("value0.1_2~value0.3_40", "value0.3_40"),
        ("weight1.0_1~weight1.0_2", "weight1.0_2"),
        ("~".join(["weight1.-1_"] * 5000), "weight1.-1_"),
    ],
)
def test_one_feature_named_often_has_one_control(text: str, kept: str, runs: Runs, open_page: OpenPage) -> None:
    app = open_page("rows", run=runs.classes.id, filter=text)

    assert not app.exception
    assert [error.value for error in app.error] == []
    assert app.query_params["filter"] in (kept, [kept])
