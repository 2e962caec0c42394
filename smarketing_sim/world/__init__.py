"""The world: business time, random streams, the team, and leads with all their luck."""
