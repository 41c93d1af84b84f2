"""Checks: what they find, what they show, and that they mean what great-expectations means."""
