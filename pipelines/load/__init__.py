"""Landing packages and their way into raw tables, one transaction each."""
