"""The entities of the firm, whatever system they came from."""
