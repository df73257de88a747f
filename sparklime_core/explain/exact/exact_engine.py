"""The engine ``exact``: LIME's surrogate from expectations instead of samples."""

from dataclasses import dataclass

import numpy as np

from sparklime_core.errors import EngineError
from sparklime_core.explain.engine import Surrogates
from sparklime_core.explain.exact.columns import Column, read_columns
from sparklime_core.explain.exact.cost import check_cost
from sparklime_core.explain.exact.ensemble import read_ensemble
from sparklime_core.explain.exact.expectations import expectations
from sparklime_core.explain.exact.kernel import kernel_factor
from sparklime_core.explain.exact.splits import Block, compile_blocks
from sparklime_core.explain.exact.variance import Spread
from sparklime_core.explain.moments import Moments, with_instance
from sparklime_core.explain.pool import check_explainer, draw_pool
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.surrogate import fit_surrogates
from sparklime_core.explain.types import BoolArray, Explainer, FloatArray, IntArray, PredictFn
from sparklime_core.explain.vocabulary import codes_of


@dataclass(frozen=True)
class ExactEngine:
    """LIME in the limit of infinitely many samples, weighted as if there were ``num_samples`` of them.

    No seed touches the weights. The score alone needs the variance of the predictions, which is taken from a pool.
    """

    explainer: Explainer
    settings: ExplainSettings
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    offset: FloatArray
    rho: float
    spread: Spread

    @classmethod
    def prepare(cls, explainer: Explainer, predict_fn: PredictFn, settings: ExplainSettings) -> "ExactEngine":
        """Compile the model against the explainer.

        Raises
        ------
        EngineError
            When the explainer or the model is none that has closed forms, or the tables would cost too much.
        """
        check_explainer(explainer)
        if explainer.discretizer is None:
            raise EngineError(
                "Engine 'exact' needs binned features, and this explainer has discretize_continuous=False; "
                "use engine 'sampled'."
            )
        rho = kernel_factor(explainer)
        ensemble = read_ensemble(predict_fn, explainer.mode)
        columns = read_columns(explainer)
        check_cost(ensemble, columns, settings)
        blocks = compile_blocks(ensemble, columns, rho)
        pool = draw_pool(explainer, predict_fn, settings)
        kernel = np.power(rho, np.arange(len(columns) + 1), dtype=np.float64)
        spread = Spread.of_pool(columns, pool.codes, pool.predictions, kernel)
        return cls(explainer, settings, columns, blocks, ensemble.offset, rho, spread)

    def solve(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates. See `Engine.solve`."""
        return self.fit(self.moments(rows, predictions, wanted), wanted)

    def moments(self, rows: FloatArray, predictions: FloatArray, wanted: BoolArray) -> Moments:
        """Return the moments of each row's neighbourhood; rows with the same codes share their expectations."""
        codes = codes_of(self.explainer, rows)
        positions = np.column_stack([column.positions(codes[:, at]) for at, column in enumerate(self.columns)])
        distinct, which = np.unique(positions, axis=0, return_inverse=True)
        labels = np.zeros((len(distinct), wanted.shape[1]), dtype=np.bool_)
        np.logical_or.at(labels, which, wanted)
        return with_instance(self._expected_moments(distinct, labels).take(which), 1.0, predictions)

    def fit(self, moments: Moments, wanted: BoolArray) -> Surrogates:
        """Fit the surrogates of the wanted labels."""
        return fit_surrogates(moments, wanted, self.settings.num_features, self.explainer.feature_selection)

    def _expected_moments(self, positions: IntArray, wanted: BoolArray) -> Moments:
        """Return what samples 1 to N-1 have on average, for rows whose codes have these positions (m, d).

        Under lime's kernel, ``rho`` to the number of features that differ from the row's, the columns z_j are
        independent: z_j is one with probability ``u_j = p_j / (p_j + rho (1 - p_j))``, where p_j is how often lime
        draws the row's code (Garreau and von Luxburg, "Looking Deeper into Tabular LIME", 2020).
        """
        drawn = np.column_stack([column.frequency[positions[:, at]] for at, column in enumerate(self.columns)])
        factor = drawn + self.rho * (1.0 - drawn)
        u = np.divide(drawn, factor, out=np.zeros_like(drawn), where=factor > 0)
        weight = (self.settings.num_samples - 1) * factor.prod(axis=1)
        y_mean, zy_cov = expectations(self.blocks, self.offset, positions, wanted)
        z_var = u * (1.0 - u)
        # What the columns explain bounds the variance from below, which keeps R² at 1 or less.
        explained = np.divide(zy_cov**2, z_var[:, :, None], out=np.zeros_like(zy_cov), where=z_var[:, :, None] > 0)
        y_var = np.maximum(self.spread.variance(positions), explained.sum(axis=1))
        return Moments(
            size=self.settings.num_samples,
            weight=weight,
            z_mean=u,
            z_cov=(weight[:, None] * z_var)[:, :, None] * np.eye(len(self.columns)),
            y_mean=y_mean,
            y_var=weight[:, None] * y_var,
            zy_cov=weight[:, None, None] * zy_cov,
            z_instance=np.ones_like(u),
        )
