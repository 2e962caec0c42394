"""The page that asks what follow-up pays."""
