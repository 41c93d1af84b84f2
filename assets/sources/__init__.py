"""One file for one system, written in the vocabulary of `pipelines.spec`."""
