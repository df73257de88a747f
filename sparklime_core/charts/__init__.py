"""DataFrames to altair charts; no Streamlit."""
