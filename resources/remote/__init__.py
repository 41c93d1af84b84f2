"""Folders on other machines, one module for each way to them."""
