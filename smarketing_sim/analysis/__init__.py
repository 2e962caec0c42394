"""The package as Python: load a plan, simulate it, look, change one thing, compare."""
