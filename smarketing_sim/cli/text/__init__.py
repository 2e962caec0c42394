"""What the commands answer, as text for a terminal."""
