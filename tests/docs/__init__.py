"""The documentation is current, its names exist, its examples run."""
