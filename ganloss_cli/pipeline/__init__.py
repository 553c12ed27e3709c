"""Files to batches to networks to losses to a report: the only place where io and evaluators meet."""
