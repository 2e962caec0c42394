"""The page that asks who broke the promise."""
