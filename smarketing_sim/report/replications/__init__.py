"""The page that asks how many simulated years are enough."""
