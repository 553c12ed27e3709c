import pytest

from ganloss_cli.commands.baseline_texts import worse_conditions
from ganloss_cli.records.request import WorseCondition


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ssim", {"loss": "ssim"}),
        (" ssim by 0.002 ", {"loss": "ssim", "allowed": 0.002}),
        ("mel by 2%", {"loss": "mel", "allowed": 0.02, "relative": True}),
        ("mel by 2 %", {"loss": "mel", "allowed": 0.02, "relative": True}),
        ("ssim:piq by 1e-3", {"loss": "ssim:piq", "allowed": 0.001}),
        ("GEN Loss A by 5%", {"loss": "GEN Loss A", "allowed": 0.05, "relative": True}),
        ("(NCE + NCE_Y) / 2", {"loss": "(NCE + NCE_Y) / 2"}),
        ("d_lsgan from equilibrium", {"loss": "d_lsgan", "from_equilibrium": True}),
        ("D(G(z)) from equilibrium by 0.1", {"loss": "D(G(z))", "allowed": 0.1, "from_equilibrium": True}),
    ],
)
def test_a_gate_is_a_loss_and_what_is_allowed(text: str, wanted: dict[str, object]) -> None:
    (found,) = worse_conditions("--fail-if-worse", [text])

    assert found == WorseCondition(expression=text, **wanted)  # type: ignore[arg-type]
