"""A row's value among all."""

import json

import pandas as pd

from sparklime_core.charts.distribution import categories_chart, numbers_chart
from tests.unit.charts.specs import NASTY, fields_of, spec_of, values_of


class TestDistribution:
    BARS = pd.DataFrame({"low": [0.0, 1.0], "high": [1.0, 2.0], "rows": [3, 4]})

    def test_the_axis_holds_a_value_that_is_further_out_than_all_bars(self) -> None:
        spec = spec_of(numbers_chart(self.BARS, (0.5,), (0.5, 7.0), 7.0, "#123456"))

        domains = [layer["encoding"]["x"]["scale"]["domain"] for layer in spec["layer"]]
        assert domains == [[0.0, 7.0]] * 4
        assert [layer["mark"]["type"] for layer in spec["layer"]] == ["rect", "bar", "rule", "rule"]

    def test_a_missing_value_has_no_line_and_no_bin(self) -> None:
        spec = spec_of(numbers_chart(self.BARS, (), None, None, "#123456"))

        assert [layer["mark"]["type"] for layer in spec["layer"]] == ["bar"]

    def test_categories_of_any_name_are_drawn(self) -> None:
        bars = pd.DataFrame({"order": [0, 1], "name": [NASTY, "b"], "rows": [3, 4], "place": ["own", "others"]})

        spec = spec_of(categories_chart(bars, "#123456", ("own", "others")))

        assert fields_of(spec) == {"order", "name", "rows", "place"}
        assert NASTY in json.loads(values_of(spec))[0][0].values()
