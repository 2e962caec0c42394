"""The page that asks what sales can promise."""
