"""Paper 003: `declared` has the trials; of each measure one file says what it gives, another does it with torch."""
