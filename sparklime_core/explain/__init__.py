"""Explaining rows: lime, the engines, and what is measured of explanations. Executors run it; it needs no Spark.

From a table to its explanations: `explainer` fits lime's explainer, `explain_rows` prepares a `task`, the task
gives blocks of `rows` to an engine, and the `vocabulary` puts lime's texts into the result of `schema`.

- Engines, listed in `engines`: `reference_engine`, `sampled` and `exact`. The last two fit a `surrogate` to the
  `moments` of a `neighbourhood`; `compiled` has their loops for numba.
- Models: `predict_function` asks a model, and `kinds` has the facts of each kind of model.
- Measured of an explanation: `trust`, `stability` (with `stability_task` and `stability_metrics`), `locality`,
  `nearest_changes`, `shap_values`, `shap_agreement` and `partial_dependence`.
- Shared: `settings`, `types`, `explainer_facts`, `runtime`, and `precompile`, which compiles ahead.
"""
