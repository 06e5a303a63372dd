"""Training networks that send many users their pictures; what a group of them shares is sent once."""
