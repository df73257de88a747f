"""The engine ``exact``: LIME in the limit of infinitely many samples, for tree ensembles.

`trees` reads a scikit-learn ensemble, `columns` describes how lime draws each feature, `splits` turns both into
tables, `expectations` walks the trees with them, and `engine` fits the surrogates.
"""
