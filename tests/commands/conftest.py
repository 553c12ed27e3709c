from collections.abc import Callable
from pathlib import Path

import pytest

from ganloss_cli.pipeline.evaluate import evaluation
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Report, Result
from ganloss_cli.records.request import Request


class Pipeline:
    """Stands in for the real one: keeps the requests, then answers or raises."""

    def __init__(self, answer: Report) -> None:
        self.requests: list[Request] = []
        self.drawn: list[bool] = []
        self.answer: Report | BaseException | Callable[[], Report] = answer

    def __call__(self, request: Request, progress: Progress | None = None, *, draw: bool = False) -> Report:
        self.requests.append(request)
        self.drawn.append(draw)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer if isinstance(self.answer, Report) else self.answer()


@pytest.fixture
def report() -> Report:
    """One loss of two samples, 0.75."""
    ssim = Result(loss="ssim", convention="wang2004", typed="ssim", value=0.75, count=2)
    return Report(tool={"name": "ganloss", "version": "0"}, environment={}, command=(), seed=0, device="cpu",
                  dtype="float32", results=(ssim,))  # fmt: skip


@pytest.fixture
def pipeline(report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pipeline:
    """A pipeline that answers with `report`, in a folder that holds `imgs/` and `g.pt`."""
    stand_in = Pipeline(report)
    monkeypatch.setattr(evaluation, "evaluate_request", stand_in)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GANLOSS_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "imgs").mkdir()
    (tmp_path / "g.pt").touch()
    return stand_in
