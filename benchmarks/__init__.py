"""Speed and memory beside peers, never asserted in a test."""
