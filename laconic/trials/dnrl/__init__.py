"""The tables and figures of paper 001, a file each: its measure and its declaration."""
