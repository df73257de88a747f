"""A bar counts the rows where somebody asks for it, and nothing is printed where nobody does."""

import numpy as np
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.tree import DecisionTreeClassifier

from sparklime_core import SparkLimeError, explain_rows, stability

ROWS = np.random.default_rng(0).normal(size=(300, 3))
TREE = DecisionTreeClassifier(max_depth=2, random_state=0).fit(ROWS, ROWS[:, 0] > 0)
EXPLAINER = LimeTabularExplainer(ROWS, random_state=0)


@pytest.mark.parametrize(
    ("explain", "settings"), [(explain_rows, {"num_samples": 50}), (stability, {"num_samples": 50, "pools": 2})]
)
def test_a_bar_counts_rows_on_request(capsys, explain, settings):
    silent = explain(EXPLAINER, TREE, ROWS, **settings)
    assert capsys.readouterr().err == ""
    assert explain(EXPLAINER, TREE, ROWS, progress=True, **settings) == silent
    drawn = capsys.readouterr().err
    assert "| 0/300 [" in drawn
    assert "| 300/300 [" in drawn
    with pytest.raises(SparkLimeError, match="progress must be"):
        explain(EXPLAINER, TREE, ROWS, progress="yes", **settings)
