"""The pages of the documentation, run on the real cloud.

Owns what a page shows that a person types, and what has to be printed then.
Never looks at the code: a page is right if the commands print what it says.
"""
