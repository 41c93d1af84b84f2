"""One file for one table: staging repairs, core agrees, marts answer."""
