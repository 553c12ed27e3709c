from typing import Any

import pytest

from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, settle


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("-2E+3", -2000.0), ("1.5e3", 1500.0), ("0.2", 0.2), ("-.5", -0.5), ("1.", 1.0), ("7", 7),
     ("e5", "e5"), ("1.2.3", "1.2.3"), ("true", True)],
)  # fmt: skip
def test_text_of_an_option_or_a_config_becomes_the_number_it_says(text: str, value: Any) -> None:
    recipe = Recipe(source="somewhere", settings={"slope": 0.1})

    by_option = settle("a network", "generator", ["slope"], [recipe], {ARCH_ARGS: {"slope": text}})
    by_config = settle("a network", "generator", ["slope"], [recipe], {"slope": text})

    assert (by_option.settings["slope"], by_option.origins["slope"]) == (value, "option")
    assert (by_config.settings["slope"], by_config.origins["slope"]) == (value, "config")
    assert type(by_option.settings["slope"]) is type(value)
