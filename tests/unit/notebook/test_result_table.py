"""The forms in which a caller may have results."""

import pandas as pd
import pyarrow as pa
import pytest

from sparklime_core import Explanations, SparkLimeError
from tests.unit.notebook.results import result, table

RESULTS = table(result(0, 0, 0.4), result(1, 0, 0.6))


class Stream:
    """Something else that gives an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return RESULTS.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize(
    "given",
    [RESULTS, RESULTS.to_batches()[0], RESULTS.to_pandas(), Stream()],
    ids=["table", "batch", "pandas", "stream"],
)
def test_results_come_in_any_table(given: object) -> None:
    assert Explanations(given).table.equals(RESULTS)


def test_rows_of_spark_inside_of_a_frame_are_read() -> None:
    frame = RESULTS.to_pandas()
    frame["explanation"] = [[tuple(entry.values()) for entry in cell] for cell in frame["explanation"]]

    assert Explanations(frame).table.equals(RESULTS)


def test_further_columns_stay_and_those_of_a_later_version_may_lack() -> None:
    older = RESULTS.drop_columns(["profile_score", "effective_share"]).append_column("city", [["Rom", "Bern"]])
    frame = Explanations(older).to_pandas()

    assert frame["city"].tolist() == ["Rom", "Rom", "Bern", "Bern"]
    assert frame["profile_score"].isna().all()
    assert "local R² 0.40" in Explanations(older)._repr_html_()


class OnTheCluster:
    """As much of a Spark DataFrame as is looked at."""

    def mapInArrow(self) -> None: ...  # noqa: N802


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "made of a table of results, not of NoneType"),
        ([1, 2], "not of list"),
        (pa.table({"a": [1]}), "it has no column 'row_id'"),
        (RESULTS.drop_columns(["score"]), "it has no column 'score'"),
        (RESULTS.set_column(2, "label_name", pa.array([[1], [2]])), "'label_name' of the results is of type"),
        (RESULTS.set_column(7, "explanation", pa.array(["a", "b"])), "'explanation' of .* is of type string"),
        (RESULTS.to_pandas().assign(explanation=["a", "b"]), "'explanation' of the results cannot be read"),
        (pd.DataFrame({"a": [1]}), "it has no column 'row_id'"),
        (OnTheCluster(), r"df.toArrow\(\)"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_one_sentence(given: object, sentence: str) -> None:
    with pytest.raises(SparkLimeError, match=sentence):
        Explanations(given)
