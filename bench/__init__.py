"""Benchmarks: the project against what else one would reach for, in turn, in the same run. See README.md here."""
