"""Small mends: where it is plain what was meant, it is reported and read that way."""
