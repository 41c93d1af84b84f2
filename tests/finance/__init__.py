"""Tests of the fund's arithmetic."""
