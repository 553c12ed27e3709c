import struct
import tracemalloc
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs.event_files import is_event_file, read_event_file
from ganloss_cli.io.logs.series import Log

# The bytes of a record of a real file, as TensorFlow 2 wrote it: step 1, generator_loss, a tensor without axes.
RECORDED = (
    b'\tL\x1a\xae\x80\xe9s\xd9A\x10\x01*+\n)\n\x0egenerator_lossB\n\x08\x01\x12\x00"\x04[\x10G@J\x0b\n\t\n\x07scalars'
)


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    head = []
    while number > 0x7F:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])


def key(number: int, wire: int) -> bytes:
    return varint(number << 3 | wire)


def delimited(number: int, content: bytes) -> bytes:
    return key(number, 2) + varint(len(content)) + content


def event(step: int, *values: bytes) -> bytes:
    summary = b"".join(delimited(1, value) for value in values)
    return key(1, 1) + struct.pack("<d", 1.7e9) + key(2, 0) + varint(step) + delimited(5, summary)


def simple(tag: str, value: float) -> bytes:
    return delimited(1, tag.encode()) + key(2, 5) + struct.pack("<f", value)


def tensor(tag: str, dtype: int, payload: bytes, shape: bytes = b"") -> bytes:
    return delimited(1, tag.encode()) + delimited(8, key(1, 0) + varint(dtype) + delimited(2, shape) + payload)


VERSION = key(1, 1) + struct.pack("<d", 1.7e9) + delimited(3, b"brain.Event:2")


def record(content: bytes) -> bytes:
    return struct.pack("<Q", len(content)) + b"crc?" + content + b"crc?"


@pytest.fixture
def read(tmp_path: Path):
    def write_and_read(*events: bytes, end: bytes = b"") -> Log:
        path = tmp_path / "events.out.tfevents.1"
        path.write_bytes(b"".join(record(content) for content in (VERSION, *events)) + end)
        assert is_event_file(path)
        return read_event_file(path)

    return write_and_read


def test_a_record_that_tensorflow_wrote_is_read(read) -> None:
    log = read(RECORDED)

    assert log.series["generator_loss"].steps == (1,)
    assert log.series["generator_loss"].values == struct.unpack("<f", b"[\x10G@")


def test_simple_values_of_one_event_share_a_row_and_a_step(read) -> None:
    log = read(event(10, simple("a", 0.5), simple("b", 1.5)), event(300, simple("a", 0.25), simple("b", 1.25)))

    assert {tag: series.values for tag, series in log.series.items()} == {"a": (0.5, 0.25), "b": (1.5, 1.25)}
    assert log.series["a"].steps == (10, 300)
    assert log.series["a"].rows == log.series["b"].rows


@pytest.mark.parametrize(
    ("dtype", "payload", "expected"),
    [
        (1, delimited(4, struct.pack("<f", 0.75)), 0.75),
        (1, delimited(5, struct.pack("<f", 0.75)), 0.75),
        (1, key(5, 5) + struct.pack("<f", 0.75), 0.75),
        (2, delimited(4, struct.pack("<d", 0.1)), 0.1),
        (2, delimited(6, struct.pack("<d", 0.1)), 0.1),
        (3, key(7, 0) + varint(-7), -7.0),
        (9, delimited(10, varint(1 << 40)), float(1 << 40)),
        (10, key(11, 0) + varint(1), 1.0),
        (19, key(13, 0) + varint(0x3800), 0.5),
        (14, key(13, 0) + varint(0x3FC0), 1.5),
        (14, delimited(4, b"\xc0\x3f"), 1.5),
        (23, key(17, 0) + varint((1 << 64) - 1), float((1 << 64) - 1)),
        (1, b"", 0.0),
    ],
)
def test_a_tensor_without_axes_is_a_scalar_of_every_type(dtype: int, payload: bytes, expected: float, read) -> None:
    assert read(event(1, tensor("loss", dtype, payload))).series["loss"].values == (expected,)


def test_images_text_histograms_and_tensors_with_axes_are_passed_over(read) -> None:
    image = delimited(1, b"image") + delimited(4, b"\x89PNG" + bytes(1000))
    histogram = delimited(1, b"histogram") + delimited(5, bytes(100))
    text = tensor("text", 7, delimited(8, b"hello"))
    vector = tensor("vector", 1, delimited(4, struct.pack("<2f", 1.0, 2.0)), shape=delimited(2, key(1, 0) + varint(2)))

    log = read(event(1, image, histogram, text, vector, simple("loss", 0.5)))

    assert list(log.series) == ["loss"]


def test_a_record_that_is_larger_than_scalars_are_is_not_read(read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganloss_cli.io.logs.event_files._LARGEST_RECORD", 100)
    monkeypatch.setattr("ganloss_cli.io.logs.event_files._WINDOW", 200)
    large = event(1, delimited(1, b"image") + delimited(4, bytes(5000)), simple("hidden", 1.0))

    log = read(event(1, simple("a", 0.5)), large, event(2, simple("a", 0.25)))

    assert {tag: series.values for tag, series in log.series.items()} == {"a": (0.5, 0.25)}
    assert log.findings == ()


@pytest.mark.parametrize("cut", [1, 11, 12, 13, 30])
def test_a_last_record_that_is_cut_off_is_left_out_with_a_note(cut: int, read) -> None:
    log = read(event(1, simple("loss", 0.5)), end=record(event(2, simple("loss", 0.25)))[:cut])

    assert log.series["loss"].values == (0.5,)
    assert [(finding.check, finding.evidence["bytes"]) for finding in log.findings] == [("truncated_log", cut)]


def test_a_whole_file_has_nothing_to_note(read) -> None:
    assert read(event(1, simple("loss", 0.5))).findings == ()


def test_a_record_that_is_no_event_is_left_out_with_a_warning(read) -> None:
    log = read(b"\xff\xff\xff", delimited(5, b"\x0a\xff\x01"), event(2, simple("loss", 0.25)))

    assert log.series["loss"].values == (0.25,)
    assert [(finding.check, finding.evidence["records"]) for finding in log.findings] == [("damaged_records", 2)]


def test_a_step_that_comes_again_is_another_session(read) -> None:
    log = read(*(event(step, simple("loss", float(k))) for k, step in enumerate([1, 2, 3, 2, 3, 4])))

    assert log.sessions == 2
    assert log.series["loss"].sessions == (0, 0, 0, 1, 1, 0)
    assert len(set(log.series["loss"].rows)) == 6


def test_negative_steps_and_names_beyond_ascii_survive(read) -> None:
    log = read(event(-1, simple("потеря", 0.5)))

    assert log.series["потеря"].steps == (-1,)


def test_no_truncation_and_no_flipped_byte_crashes(tmp_path: Path) -> None:
    path = tmp_path / "events"
    whole = record(VERSION) + record(event(1, simple("loss", 0.5), tensor("t", 1, delimited(4, b"\0\0\0?"))))

    for place in range(len(record(VERSION)), len(whole)):
        path.write_bytes(whole[:place])
        read_event_file(path)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        read_event_file(path)


def test_other_files_are_no_event_files(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("brain")
    (tmp_path / "empty").touch()

    assert not is_event_file(tmp_path / "text")
    assert not is_event_file(tmp_path / "empty")
    with pytest.raises(InputError, match="no such file"):
        is_event_file(tmp_path / "nowhere")


def test_every_scalar_of_a_real_training_is_read(real_data: Path) -> None:
    (path,) = (real_data / "logs" / "tensorboard").iterdir()

    log = read_event_file(path)

    assert {tag: len(series.values) for tag, series in log.series.items()} == dict.fromkeys(
        ("generator_loss", "discriminator_loss", "discriminator_fake_loss", "discriminator_real_loss",
         "discriminator_fake_accuracy", "discriminator_real_accuracy"), 150)  # fmt: skip
    assert all(series.steps == tuple(range(1, 151)) for series in log.series.values())
    # the bytes of the last record of this tag: tensor_content is 60 5f a1 3f
    assert log.series["discriminator_loss"].values[0] == struct.unpack("<f", b"}\xc9\x85>")[0]
    assert log.findings == ()


def test_sessions_and_rows_are_the_same_where_steps_go_back_late(read) -> None:
    events = [event(step, simple("a", 1.0), simple("b", 2.0)) for step in (1, 2, 3, 2, 0, 3, 2, 9)]

    log = read(*events, event(0, simple("b", 3.0)))

    assert log.series["a"].sessions == (0, 0, 0, 1, 0, 1, 2, 0)
    assert log.series["b"].sessions == (0, 0, 0, 1, 0, 1, 2, 0, 1)
    assert log.series["a"].rows == log.series["b"].rows[:-1]
    assert len(set(log.series["b"].rows)) == 9
    assert log.sessions == 3


def test_a_step_of_more_than_64_bits_is_what_protocol_buffers_make_of_it(read) -> None:
    log = read(key(2, 0) + b"\xff" * 9 + b"\x7f" + delimited(5, delimited(1, simple("a", 1.0))))

    assert log.series["a"].steps == (-1,)


def test_a_number_takes_fewer_than_a_hundred_bytes(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    scalars = [record(event(step, simple("a", 0.5), simple("b", 0.25))) for step in range(10_000)]
    path.write_bytes(record(VERSION) + b"".join(scalars))

    tracemalloc.start()
    log = read_event_file(path)
    most = tracemalloc.get_traced_memory()[1] - 2_500_000  # windows of the file
    tracemalloc.stop()

    assert log.series["b"].steps == tuple(range(10_000))
    assert most < 100 * 20_000
