"""A playbook and simulation lab for smarketing: marketing and sales under one two-way service level agreement."""

__version__ = "0.1.0"
