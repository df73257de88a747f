"""A home that is a file, or below one, is said on the page, which stays up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.conftest import OpenPage, sound, words


@pytest.mark.parametrize("name", ["home", "home/below"])
@pytest.mark.parametrize("page", ["start", "explain"])
def test_a_page_stays_up_in_a_home_that_is_none(
    tmp_path: Path, live_in: Callable[[Path], None], open_page: OpenPage, page: str, name: str
) -> None:
    (tmp_path / "home").touch()
    live_in(tmp_path / name)

    app = open_page(page)
    assert app.title

    if page == "start":
        sound(app.button(key="try-it").click().run())
        assert "there is a file where a folder must be" in words(app)
