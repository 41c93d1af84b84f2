"""Rules over several tables: SQL that returns the offending rows."""
