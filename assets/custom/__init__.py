"""Ordinary Dagster assets, for what no declaration can say."""
