"""Experiments: simulated years over any executor, their results, paired comparison."""
