"""The pages of the documentation, and the running of them."""
