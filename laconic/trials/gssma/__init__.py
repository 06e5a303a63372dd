"""Paper 002: a file declares each trial; of each measure one file says what it gives, another does it with torch."""
