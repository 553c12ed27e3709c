"""The keys of a finding's evidence that reporters read. Every other key is for whoever reads the JSON.

The check that writes one and the reporter that reads it take its name from here, so that neither can drift.
"""

FILE = "file"  # a source file; every finding of `ganloss audit loss`
LINE = "line"  # in that file, from 1; None where only the file is known
COLUMN = "column"  # in that line, from 1; what is read in the source itself
PROBE = "probe"  # departs_at_the_edge: the input on which the function gave another number
LOSS = "loss"  # non_finite_loss: the loss as typed
