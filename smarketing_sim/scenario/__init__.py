"""Scenarios: every assumption of one planning question, with its unit and its source."""
