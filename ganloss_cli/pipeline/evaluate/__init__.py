"""From a request to a report of losses."""
