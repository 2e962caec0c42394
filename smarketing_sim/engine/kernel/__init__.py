"""The compiled model of follow-up: the rules of ``reference.py`` over arrays, in machine code."""
