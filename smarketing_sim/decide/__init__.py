"""Decisions: one module per question, each a set of paired experiments and what follows from it."""
