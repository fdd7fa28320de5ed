"""Recipes that train the starter models; worker side, run as ``python -m studio.training``."""
