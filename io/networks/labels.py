"""Labels of conditional networks."""

from __future__ import annotations

from torch import Tensor


def check_labels(label: Tensor | None, n_classes: int) -> Tensor:
    """Labels that are all classes of the network, as whole numbers.

    Args:
        label: (N,) or (N, 1).
        n_classes: of the network.

    Returns:
        (N,).

    Raises:
        ValueError: none are given, or one is none of the classes.
    """
    if label is None:
        raise ValueError("labels are needed, and there are none")
    label = label.flatten().long()
    if label.numel() and not 0 <= int(label.min()) <= int(label.max()) < n_classes:
        raise ValueError(
            f"labels must lie in 0 to {n_classes - 1}, and these in {int(label.min())} to {int(label.max())}"
        )
    return label
