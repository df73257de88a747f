"""The parts of the pages: the only part of the package that imports Streamlit."""
