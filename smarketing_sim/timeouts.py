"""How long to wait for others: as long as they may still come to an end on a busy machine."""

HANG_SECONDS = 900
"""What takes seconds elsewhere and is not over by then is taken to hang."""
LONG_SECONDS = 86_400
"""The same of what simulates: a large plan may keep a small machine busy for hours."""
