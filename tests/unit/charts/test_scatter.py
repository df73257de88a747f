"""All rows by how well their explanations fit."""

import pandas as pd

from sparklime_core.charts.scatter import fidelity_chart
from tests.unit.charts.specs import NASTY, spec_of


class TestFidelityChart:
    FRAME = pd.DataFrame(
        {
            "row_id": [4, 9],
            "prediction": [0.9, 0.4],
            "fit": [0.8, 0.1],
            "truth": [NASTY, "b"],
            "true_value": [0.0, 1.0],
            "outcome": ["right", "wrong"],
        }
    )

    def test_a_point_is_picked_by_its_row(self) -> None:
        spec = spec_of(fidelity_chart(self.FRAME, None, target=None))

        (picked,) = spec["params"]
        assert picked["name"] == "picked"
        assert picked["select"]["fields"] == ["row_id"]

    def test_the_chosen_row_is_ringed(self) -> None:
        spec = spec_of(fidelity_chart(self.FRAME, 9, target=None))

        ringed = spec["datasets"][spec["layer"][1]["data"]["name"]]
        assert [point["row_id"] for point in ringed] == [9]

    def test_regression_draws_predicted_against_true(self) -> None:
        spec = spec_of(fidelity_chart(self.FRAME, None, target="y"))

        encoding = spec["layer"][0]["encoding"]
        assert (encoding["x"]["field"], encoding["y"]["field"]) == ("true_value", "prediction")
