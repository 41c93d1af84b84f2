"""Key figures out of workbooks: periods, units, labels, layouts, and the made-up firm's truth."""
