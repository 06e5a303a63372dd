"""The command line: where names become objects."""
