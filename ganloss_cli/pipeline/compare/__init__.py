"""Two files held against each other, and what that could have noticed."""
