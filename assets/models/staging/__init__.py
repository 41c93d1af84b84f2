"""Raw tables typed and repaired, row for row, each repair visible."""
