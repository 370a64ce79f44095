"""What the commands show: tables for the formatter, and lines beside them.

Only arranges; nothing is decided or read here.
"""
