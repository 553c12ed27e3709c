"""Networks: loaded, called, and what they return."""
