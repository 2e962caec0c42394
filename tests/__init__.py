"""Tests of the package; a package itself, because some wheels bring a top-level ``tests`` of their own."""
