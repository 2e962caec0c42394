"""The commands, as ``python -m smarketing_sim``."""

from smarketing_sim.cli import main

if __name__ == "__main__":
    main()
