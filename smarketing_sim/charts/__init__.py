"""Charts that several pages and one's own notebooks share, and the look of all."""
