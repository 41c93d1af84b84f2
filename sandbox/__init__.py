"""A made-up firm and stand-ins for its vendors, for the first run and the tests."""
