"""The engine ``exact``: LIME in the limit of infinitely many samples, for tree ensembles.

`ensemble` reads a scikit-learn ensemble, `columns` describes how lime draws each feature, `splits` turns both into
tables, `walk` goes down and up the trees with them, `expectations` puts together what it finds, and `exact_engine`
fits the surrogates. `row_walk` does it for one row at any kernel width.
"""
