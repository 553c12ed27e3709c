"""The loss function of an audit without its child process."""

from collections.abc import Mapping
from typing import Any

from ganloss_cli.pipeline.loss.worker_calls import WorkerFunction


class InThisProcess:
    """Stands in for the child process, which costs seconds; what it would survive is tested with the real one."""

    def __init__(self, introduction: Mapping[str, Any], **limits: object) -> None:
        self.introduction = dict(introduction)
        self.served: WorkerFunction | None = None
        self.deaths = 0

    def __enter__(self) -> "InThisProcess":
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def introduce(self, *, definitions_only: bool = False) -> Mapping[str, Any]:
        self.introduction["definitions_only"] = definitions_only
        self.served, answer = WorkerFunction.load(self.introduction)
        return answer

    def replace_globals(self, names: list[str]) -> Mapping[str, Any]:
        self.introduction["globals"] = names
        return self.introduce(definitions_only=self.introduction["definitions_only"])

    def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self.served is not None
        return self.served.answer(request)
