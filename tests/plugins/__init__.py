"""The plugin beside those that people have."""
