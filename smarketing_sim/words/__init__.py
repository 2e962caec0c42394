"""How numbers, money and markup are written: the same on a page, in a terminal and in the lab."""
