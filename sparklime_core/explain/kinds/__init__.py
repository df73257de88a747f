"""Kinds of models: how each is asked, its margin, its sum of trees, and the packages that executors need for it.

A kind is one class, a `model_kind.ModelKind`, in the module of its library, and one entry in `model_kind.KINDS`.
"""
