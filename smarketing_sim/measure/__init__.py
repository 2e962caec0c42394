"""Measures: pure functions from a ledger to numbers, and queueing theory beside them."""
