"""A run held against an earlier one: which samples both hold, and whether a loss is worse by more than chance."""
