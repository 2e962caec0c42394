"""What every report notebook shares: parameters, progress, display, cards, the run's record."""
