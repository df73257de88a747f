"""`Predicted`: what the predictions of a run's results are, in words, and how wrong they are, as SQL."""

from dataclasses import dataclass

from sparklime_core.explain.settings import OutputName
from sparklime_core.runs.manifest import TableFacts


@dataclass(frozen=True)
class Predicted:
    """What the column ``prediction`` holds.

    Attributes
    ----------
    noun
        ``"probability"``, ``"log-odds"``, or in regression ``"value"``, or ``"raw score"`` of a margin.
    label_sql
        The class that the model predicts, of the columns ``label`` (the explained class) and ``prediction``.
    wrong_sql, error_sql
        Whether that is not ``target``; and 1 - probability of the true class, or the distance from the true value.
        Null where that is unknown.
    """

    noun: str
    label_sql: str
    wrong_sql: str
    error_sql: str

    @classmethod
    def of(cls, facts: TableFacts, output: OutputName) -> "Predicted":
        """Return what the results of a table hold that were explained with this output."""
        margin = output == "margin"
        if facts.class_names is None:
            # A margin may be the logarithm of what is predicted: it is not on the target's scale.
            error = "CAST(NULL AS DOUBLE)" if margin else "abs(prediction - target)"
            return cls("raw score" if margin else "value", "label", "CAST(NULL AS BOOLEAN)", error)
        if not margin:
            wrong = "label <> target"
            error = f"CASE WHEN {wrong} THEN prediction WHEN NOT ({wrong}) THEN 1 - prediction END"
            return cls("probability", "label", wrong, error)
        if len(facts.class_names) != 2:
            return cls("log-odds", "label", "label <> target", "CAST(NULL AS DOUBLE)")
        # Two classes have one margin, of the explained class: above 0 it is the predicted one.
        label = "CASE WHEN prediction > 0 THEN label ELSE 1 - label END"
        error = (
            "CASE WHEN label = target THEN 1 / (1 + exp(prediction)) "
            "WHEN label <> target THEN 1 / (1 + exp(-prediction)) END"
        )
        return cls("log-odds", label, f"{label} <> target", error)
