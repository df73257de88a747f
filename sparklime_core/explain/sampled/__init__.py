"""The engine ``sampled``: lime's answers from a pool of samples that all rows share.

`pool` draws as lime does, `binned_pool` has exact moments of it, and `pool_profiles` the profiles.
`sampled_engine` fits the surrogates.
"""
