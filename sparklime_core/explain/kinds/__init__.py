"""Kinds of models: how each is asked, its margin, its sum of trees, and the packages that executors need for it.

A kind is one module with one class, a `model_kind.ModelKind`, and one entry in `registry.KINDS`.
"""
