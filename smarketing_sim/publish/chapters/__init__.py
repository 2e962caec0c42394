"""Chapters of the playbook: one page per question, the answer first."""
