"""The page that asks whether a different belief would change the decision."""
