"""The pickle machine: what a pickle holds, read without importing or calling anything it names. Torch-free.

A pickle is a program for a small stack machine. Its operations push values, build containers, remember values in a
memo, import names (GLOBAL, STACK_GLOBAL) and call them (REDUCE, NEWOBJ, BUILD). To load a checkpoint with Python's own
unpickler is therefore to run whatever the file names. Here a pickle is read in two passes, and the second sees only
what the first has let through.

First pass, scan.py: the operations are read one by one from the bytes as they lie in the file.

    operations.py     one operation and its operand; a length is checked against the file before it is used
    machine.py        the stack and the memo, with texts and sizes in the place of values: it finds every name that the
                      second pass would import, also one whose parts come out of the memo
    tensor_runs.py    the thirty operations of one tensor taken at once, because a checkpoint has ten thousand of them
    allow_list.py     whether a name is allowed: what torch.load with weights_only=True takes, numpy's arrays, and
                      records of settings. Every other name is refused, whatever it is; a name that cannot be found out
                      counts as one that is not allowed

The scan limits operations, depth and the number of values, and ends at the first STOP. It hands on a thin copy of the
pickle from which long strings have been taken out: their bytes stay in the file, and only their place is kept.

Second pass, reader.py: Python's C unpickler reads the thin copy, but `find_class` and `persistent_load` are ours, so
it has nothing to import and nothing of the file's to call.

    functions.py      what stands in for the few functions that checkpoints call: they build plain values and records
    objects.py        what stands in for objects of classes that were not imported: inert, and what it was made from
    tensor_places.py  a tensor that has not been read: its place in the file, dtype, shape and strides, each checked

What comes out is a tree of plain containers, numbers, texts, `TensorRecord` and `Inert`. Rooms above this one decide
what it means: formats/ where the bytes of its tensors lie, contents/ which of its parts are networks.
"""
