"""The planning report: the answer first, what to do, the evidence, how far to trust it."""
