"""What a notebook shows of results: `Explanations`, its HTML, and its form for SHAP's plots."""
