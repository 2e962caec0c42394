"""The page that asks what marketing must promise."""
