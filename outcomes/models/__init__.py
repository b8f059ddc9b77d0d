"""Estimates with a verdict: mixed models, marginal means and survival curves."""
