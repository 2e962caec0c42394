"""The page that asks what a real trial would need."""
