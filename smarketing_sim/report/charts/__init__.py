"""Charts that several pages share, and the style of all."""
