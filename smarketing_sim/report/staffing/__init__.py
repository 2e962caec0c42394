"""The page that asks how many people it takes."""
