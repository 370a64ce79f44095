"""Files that nobody would write, and what is made of them."""
