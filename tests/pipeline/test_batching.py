"""Images of one batch that are stored with different depths."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ganloss_cli.io.datasets import open_data
from ganloss_cli.pipeline.data.batching import _Memory, chunks
from ganloss_cli.records.request import Request


def test_images_of_8_and_of_16_bits_are_values_in_one_batch(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 5), 51, np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.full((4, 5), 13107, np.uint16)).save(tmp_path / "b.png")
    (group,) = open_data(Request(data=tmp_path)).groups

    (chunk,) = chunks(group, batch_size=2, workers=0)

    values = chunk.values["real"]
    assert isinstance(values, torch.Tensor)
    assert values.dtype == torch.float32
    assert values.shape == (2, 1, 4, 5)
    assert torch.equal(values, torch.full((2, 1, 4, 5), 0.2))


def test_memory_is_lent_again_once_nobody_holds_a_tensor_in_it() -> None:
    memory = _Memory()
    first = memory.lend(2, 3)
    part = first[1:]
    at = first.data_ptr()

    del first
    second = memory.lend(2, 3)  # the part is still held

    assert second.data_ptr() != at
    del part
    assert memory.lend(5).data_ptr() == at


def test_memory_that_is_too_small_is_not_lent() -> None:
    memory = _Memory()
    memory.lend(2)

    assert memory.lend(3, 100).fill_(1).sum() == 300
