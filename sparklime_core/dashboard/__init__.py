"""What the pages share: session state and components. The only package that imports Streamlit."""
