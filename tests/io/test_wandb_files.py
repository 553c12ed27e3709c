import json
import math
import zlib
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs import wandb_files
from ganloss_cli.io.logs.opening import open_logs
from ganloss_cli.io.logs.series import Log

PREAMBLE = bytes.fromhex("3a572642e1be00")
# Records of an offline run of wandb 0.31.0, headers of the chunks and all: of log({"d_loss": 1.5 / (1 + s / 100), "g":
# {"adv": nan}, "kl": inf, "on": True, "epoch": 0}, step=s) the histories of s = 0 and 100; run.summary["best"] = 3.25
REAL = bytes.fromhex(
    "c3f90e41a00001080a129b010a0e12016712036164768201034e614e0a0f12026b6c820108496e66696e6974790a0b12026f6e8201047472"
    "75650a0b120565706f6368820101300a25120a5f74696d657374616d70820116312e37393539333230333138373934363832652b30390a18"
    "12085f72756e74696d6582010b302e3333343839333232380a0b12055f73746570820101300a0e1206645f6c6f7373820103312e351200"
    "ace7e32aa400010811129f010a0f12026b6c820108496e66696e6974790a0b12026f6e820104747275650a0b120565706f6368820101300a"
    "24120a5f74696d657374616d70820115312e373935393332303331383830313239652b30390a1812085f72756e74696d6582010b302e3333"
    "363530333638310a0d12055f737465708201033130300a0f1206645f6c6f7373820104302e37350a0e12016712036164768201034e614e12"
    "020864"
    "edf3361b200001080cc20c0a0a0833303764366d71661a0f0a0d0a0462657374820104332e3235"
)


def delimited(number: int, content: bytes) -> bytes:
    """A field of a message that is bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    written = b""
    while value >= 0x80:
        written, value = written + bytes([value & 0x7F | 0x80]), value >> 7
    return written + bytes([value])


def item(keys: tuple[str, ...], value: str) -> bytes:
    """A HistoryItem: nested_key 2, also where there is one alone, and value_json 16."""
    return b"".join(delimited(2, key.encode()) for key in keys) + delimited(16, value.encode())


def history(step: int, **values: str) -> bytes:
    """A Record whose field 2 is a HistoryRecord: items 1, step 2 with num 1."""
    items = b"".join(delimited(1, item(tuple(key.split("__")), value)) for key, value in values.items())
    return delimited(2, items + delimited(2, b"\x08" + varint(step)))


def summary(**values: str) -> bytes:
    """A Record whose field 3 is a SummaryRecord with updates 1."""
    return delimited(3, b"".join(delimited(1, item((key,), value)) for key, value in values.items()))


def chunked(records: list[bytes]) -> bytes:
    """A file as LevelDB's log lays it out: blocks of 32 KiB, whose last bytes are zeros where no header fits."""
    out = bytearray(PREAMBLE)
    for record in records:
        first = True
        while True:
            left = (1 << 15) - len(out) % (1 << 15)
            if left < 7:
                out += bytes(left)
                left = 1 << 15
            part, record = record[: left - 7], record[left - 7 :]
            kind = (1 if first else 4) if not record else (2 if first else 3)
            crc = zlib.crc32(bytes([kind]) + part)
            out += crc.to_bytes(4, "little") + len(part).to_bytes(2, "little") + bytes([kind]) + part
            first = False
            if not record:
                break
    return bytes(out)


def run_of(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "run-1.wandb"
    path.write_bytes(content)
    return path


def only(path: Path) -> Log:
    (log,) = open_logs(path)
    return log


def test_an_offline_run_gives_what_was_logged(tmp_path: Path) -> None:
    log = only(run_of(tmp_path, PREAMBLE + REAL))

    assert (log.format, log.run) == ("wandb", "run-1")
    assert list(log.series) == ["d_loss", "g/adv", "kl", "best"]
    assert log.series["d_loss"].values == (1.5, 0.75)
    assert (log.series["d_loss"].steps, log.series["d_loss"].epochs) == ((0, 100), (0, 0))
    assert all(math.isnan(value) for value in log.series["g/adv"].values)
    assert log.series["kl"].values == (math.inf, math.inf)
    assert log.series["best"].values == (3.25,)
    assert log.findings == ()


def test_records_across_blocks_are_joined(tmp_path: Path) -> None:
    records = [history(step, d_loss=json.dumps(step / 8), note=json.dumps("x" * 9_000 * step)) for step in range(12)]

    log = only(run_of(tmp_path, chunked(records)))

    assert log.series["d_loss"].values == tuple(step / 8 for step in range(12))
    assert log.series["d_loss"].steps == tuple(range(12))


def test_types_of_wandb_and_its_clocks_are_no_tags(tmp_path: Path) -> None:
    records = [
        history(0, d="0.5", h___type='"histogram"', h__bins="[1, 2]", fake___type='"image-file"', fake__width="64",
                _runtime="3", _timestamp="1.7e9", _wandb__runtime="3"),
    ]  # fmt: skip

    assert list(only(run_of(tmp_path, chunked([*records, history(1, d="0.25")]))).series) == ["d"]


def test_the_summary_repeats_no_tag_of_the_history(tmp_path: Path) -> None:
    content = chunked([history(0, d="0.5"), history(7, d="0.25"), summary(d="0.25", fid="12.5", _step="7")])

    series = only(run_of(tmp_path, content)).series

    assert {tag: (one.values, one.steps) for tag, one in series.items()} == {
        "d": ((0.5, 0.25), (0, 7)), "fid": ((12.5,), (7,)),
    }  # fmt: skip


@pytest.mark.parametrize("cut", [1, 3, 9, 20, 60])
def test_a_tail_that_is_cut_off_is_no_error(cut: int, tmp_path: Path) -> None:
    log = only(run_of(tmp_path, chunked([history(0, d="0.5"), history(1, d="0.25", note=json.dumps("x" * 60))])[:-cut]))

    assert log.series["d"].values == (0.5,)
    assert [(finding.check, finding.severity) for finding in log.findings] == [("truncated_log", "note")]


def test_a_record_whose_first_part_alone_is_there_is_cut_off(tmp_path: Path) -> None:
    whole = chunked([history(0, d="0.5"), history(1, d="0.25", note=json.dumps("x" * 40_000))])

    log = only(run_of(tmp_path, whole[: 1 << 15]))

    assert log.series["d"].values == (0.5,)
    assert [finding.check for finding in log.findings] == ["truncated_log"]


def test_a_damaged_record_is_left_out_and_the_next_block_is_read(tmp_path: Path) -> None:
    filler = [history(step, d="0.5", note=json.dumps("x" * 1_000)) for step in range(60)]
    content = bytearray(chunked(filler))
    content[1_200] ^= 0xFF

    log = only(run_of(tmp_path, bytes(content)))

    assert log.series["d"].steps[0] == 0
    assert log.series["d"].steps[-1] == 59
    assert 1 not in log.series["d"].steps
    assert [(finding.check, finding.severity) for finding in log.findings] == [("damaged_records", "warning")]


def test_a_record_that_is_no_message_is_damaged(tmp_path: Path) -> None:
    log = only(run_of(tmp_path, chunked([history(0, d="0.5"), b"\x12\xff", history(1, d="{"), history(2, d="0.25")])))

    assert log.series["d"].steps == (0, 2)
    assert log.findings[0].evidence["records"] == 2


def test_values_nested_beyond_any_depth_are_damaged(tmp_path: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    content = chunked([history(0, d="0.5"), history(1, d="0.25", deep=deep), summary(deep=deep, _step="1")])

    log = only(run_of(tmp_path, content))

    assert log.series["d"].values == (0.5,)


def test_a_record_larger_than_any_steps_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = run_of(tmp_path, chunked([history(0, d="0.5", note=json.dumps("x" * 100_000))]))
    assert only(path).series["d"].values == (0.5,)

    monkeypatch.setattr(wandb_files, "_LARGEST_RECORD", 50_000)

    with pytest.raises(InputError, match="a record of more than 50000 bytes"):
        open_logs(path)


def test_another_version_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown version") as caught:
        open_logs(run_of(tmp_path, b":W&B\x00\x00\x07" + bytes(64)))

    assert "wandb sync" in str(caught.value.hint)


def test_a_run_without_history_holds_no_scalars(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scalars found"):
        open_logs(run_of(tmp_path, PREAMBLE + bytes(64)))


def test_the_folder_of_a_run_is_its_binary_log_alone(tmp_path: Path) -> None:
    run = tmp_path / "wandb" / "offline-run-20260101_000000-1"
    for name, text in (
        ("logs/debug-core.log", '{"time":"2026","level":"INFO","msg":"main","pid":1,"idle-timeout":6e11}\n'),
        ("logs/debug.log", "2026-01-01 00:00:00,000 INFO MainThread:7 [wandb_init.py:_log():81] loss: 1\n"),
        ("files/wandb-summary.json", '{"_step": 100, "d_loss": 0.75}'),
        ("files/config.yaml", "loss:\n  value: 1\n"),
    ):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text)
    run_of(run, PREAMBLE + REAL)
    (tmp_path / "wandb" / "latest-run").symlink_to(run)

    for folder in (tmp_path, run):
        assert [(log.path.name, log.format) for log in open_logs(folder)] == [("run-1.wandb", "wandb")]


def test_the_messages_of_wandb_are_no_scalars(tmp_path: Path) -> None:
    path = tmp_path / "debug-core.log"
    line = '{"time":"2026-01-01T00:00:00Z","level":"INFO","msg":"started","pid":1615,"idle-timeout":600000000000}\n'
    path.write_text(line * 3)

    with pytest.raises(InputError, match="no scalars found"):
        open_logs(path)
