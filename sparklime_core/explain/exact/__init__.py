"""The engine ``exact``: LIME in the limit of infinitely many samples, for tree ensembles.

`columns` describes how lime draws each feature, `splits` turns a model's trees into tables by these columns,
`expectations` walks the trees with them, and `exact_engine` fits the surrogates.
"""
