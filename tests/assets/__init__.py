"""The declarations of assets/ on hand-made rows and on the real files."""
