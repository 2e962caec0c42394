"""The page that asks what is free."""
