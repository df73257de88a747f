"""LIME itself: settings, explainers, engines, stability. Pure numpy and lime; no Spark, no Streamlit."""
