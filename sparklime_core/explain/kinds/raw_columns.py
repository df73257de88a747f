"""Models that are asked in a table's own columns: their margin is that of their last step."""

from typing import Any

from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.model_kind import ModelKind
from sparklime_core.explain.types import FloatArray


class RawColumns(ModelKind):
    """A `sparklime_core.models.columns_model.ColumnsModel`: what it does to rows first is no sum of trees."""

    @classmethod
    def serves(cls, model: Any) -> bool:
        """Return whether a model is one that decodes its rows."""
        return hasattr(model, "decoding") and hasattr(model, "last_step")

    @property
    def name(self) -> str:
        """What people call the model: the estimator that they have trained."""
        return type(self.model.estimator).__name__

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that executors need; see `ModelKind.packages`."""
        from sparklime_core.explain.kinds.registry import packages_of  # noqa: PLC0415 - it imports this module by name

        return packages_of(self._last())

    def _last(self) -> Any:
        last = self.model.estimator
        while hasattr(last, "steps"):
            last = last.steps[-1][1]
        return last

    def margin(self, rows: FloatArray) -> FloatArray:
        """Return the raw scores of the last step; see `ModelKind.margin`."""
        last, table = self.model.last_step(rows)
        return self._kind_of_last(last).margin(table)

    def check_margin(self, mode: str) -> None:
        """Raise `ModelError` when the last step has no margin in lime's ``mode``."""
        self._kind_of_last(self._last()).check_margin(mode)

    def _kind_of_last(self, last: Any) -> ModelKind:
        from sparklime_core.explain.kinds.registry import kind_of  # noqa: PLC0415 - it imports this module by name

        found = kind_of(last)
        if found is None:
            raise ModelError(f"{type(last).__name__} has no margin that is known here; use output='probability'.")
        return found
