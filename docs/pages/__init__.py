"""The reference pages, one module for one kind; each makes Markdown from the code."""
