import textwrap

import pytest

from ganloss_cli.evaluators.checks.loss_source import rules, source_findings

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
# rule -> what it must find in `f`, and the mended twin that it must leave alone
TWINS = {
    "undefined_name": ("def f(x):\n    return x - y", "def f(x):\n    y = 1\n    return x - y"),
    "defined_twice": (
        "def f(x):\n    return x\n\n\ndef f(x):\n    return 2 * x",
        "def f(x):\n    return x\n\n\ndef g(x):\n    return 2 * x",
    ),
    "overwritten_loss": (
        "def f(x):\n    loss = x.mean()\n    loss = x.sum()\n    return loss",
        "def f(x):\n    loss = x.mean()\n    loss = loss + x.sum()\n    return loss",
    ),
    "list_never_filled": (
        "def f(x):\n    parts = []\n    return x, parts",
        "def f(x):\n    parts = []\n    parts.append(x)\n    return x, parts",
    ),
    "changes_an_argument": (
        "def f(x):\n    x -= 1\n    return x", "def f(x):\n    x = x - 1\n    x *= 2\n    return x",
    ),
    "labels_swapped": (
        "def f(real, fake):\n    return F.mse_loss(real, torch.zeros_like(real))",
        "def f(real, fake):\n    return F.mse_loss(real, torch.ones_like(real)) + F.mse_loss(fake, 0 * fake)",
    ),
    "sigmoid_before_logits": (
        "def f(x):\n    p = torch.sigmoid(x)\n    return F.binary_cross_entropy_with_logits(p, torch.ones_like(p))",
        "def f(x):\n    p = torch.sigmoid(x)\n    return F.binary_cross_entropy(p, torch.ones_like(p))",
    ),
    "sigmoid_before_hinge": (
        "def f(x):\n    return torch.relu(1 - torch.sigmoid(x))", "def f(x):\n    return torch.relu(1 - x)",
    ),
    "sigmoid_in_model": (
        "net = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())\nbce = nn.BCEWithLogitsLoss()\n\n\ndef f(x):\n    return x",
        "net = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())\nbce = nn.BCELoss()\n\n\ndef f(x):\n    return x",
    ),
    "divergence_of_probabilities": (
        "def f(x, y):\n    return F.kl_div(F.softmax(x, 1), y, reduction='batchmean')",
        "def f(x, y):\n    return F.kl_div(F.log_softmax(x, 1), y, reduction='batchmean')",
    ),
    "divergence_averaged_over_classes": (
        "def f(x, y):\n    return F.kl_div(x, y)", "def f(x, y):\n    return F.kl_div(x, y, reduction='sum')",
    ),
    "logarithm_of_a_sigmoid": (
        "def f(x):\n    return torch.log(1 - torch.sigmoid(x))", "def f(x):\n    return F.logsigmoid(-x)",
    ),
    "penalty_norm_over_one_axis": (
        "def f(d, x):\n    g = torch.autograd.grad(d(x).sum(), x, create_graph=True)[0]\n    return g.norm(2, dim=1)",
        """def f(d, x):
    g = torch.autograd.grad(d(x).sum(), x, create_graph=True)[0]
    g = g.view(len(g), -1)
    return g.norm(2, dim=1)""",
    ),
    "create_graph_missing": (
        "def f(d, x):\n    return torch.autograd.grad(d(x).sum(), x)[0].square().sum()",
        "def f(d, x):\n    return torch.autograd.grad(d(x).sum(), x, create_graph=True)[0].square().sum()",
    ),
    "norm_over_three_axes": (
        "def f(x):\n    return torch.linalg.norm(x, dim=[1, 2, 3])",
        "def f(x):\n    return torch.linalg.vector_norm(x, dim=[1, 2, 3])",
    ),
    "weight_is_zero": (
        "def f(x, a=0.2, b=0.8):\n    return (1 - a - b) * x", "def f(x, a=0.1, b=0.8):\n    return (1 - a - b) * x",
    ),
    "root_inside_decibels": (
        "def f(x):\n    rmse = torch.sqrt(x)\n    return 10 * torch.log10(1 / rmse)",
        "def f(x):\n    rmse = torch.sqrt(x)\n    return 10 * torch.log10(1 / rmse**2) + 20 * torch.log10(1 / rmse)",
    ),
    "pooling_at_its_own_stride": (
        "def f(x):\n    return F.avg_pool2d(x, 3, padding=1)",
        "def f(x):\n    return F.avg_pool2d(x, 3, stride=1, padding=1) + F.avg_pool2d(x, 2).mean()",
    ),
    "product_of_vectors_only": ("def f(x, y):\n    return torch.dot(x, y)", "def f(x, y):\n    return (x * y).sum(-1)"),
    "loop_over_the_batch": (
        """def f(net, x, y):
    a, b = net.features(x), net.features(y)
    return sum((i - j).mean() for i, j in zip(a, b))


def f(net, x, y):
    t = 0
    for i, j in zip(net.features(x), net.features(y)):
        t = t + (i - j).mean()
    return t""",
        """def f(net, x, y):
    t = 0
    for i, j in zip(net.stages(x), net.stages(y)):
        t = t + (i - j).mean()
    return t""",
    ),
    "labels_of_fixed_size": (
        "batch_size = 8\nreal_labels = torch.ones(batch_size, 1)\n\n\ndef f(x):\n    return x",
        "def f(x):\n    batch_size = x.size(0)\n    labels = torch.ones(batch_size, 1)\n    return x - labels",
    ),
    "gradient_of_what_needs_none": (
        """def f(d, x, e):
    m = x * e
    return torch.autograd.grad(outputs=d(m).sum(), inputs=m, create_graph=True)""",
        """def f(d, x, e):
    m = (x * e).requires_grad_()
    return torch.autograd.grad(outputs=d(m).sum(), inputs=m, create_graph=True)""",
    ),
    "graph_kept": (
        "def f(x):\n    x.backward(retain_graph=True)", "def f(x):\n    x.backward()",
    ),
    "uniform_latents": (
        "def f(gen):\n    noise = torch.rand(4, 8)\n    return gen(noise)",
        "def f(gen):\n    noise = torch.randn(4, 8)\n    return gen(noise)",
    ),
    "backbone_in_training": (
        "def f(models, x):\n    return models.vgg16(pretrained=True)(x)",
        "def f(models, x):\n    return models.vgg16(pretrained=True).eval().requires_grad_(False)(x)",
    ),
    "backbone_without_normalisation": (
        "def f(models, x):\n    return models.vgg16(pretrained=True)(x)",
        "def f(models, x):\n    return models.vgg16(pretrained=True)((x - 0.485) / 0.229)",
    ),
    "device_is_fixed": ("def f(x):\n    return x.cuda()", "def f(x):\n    return x.to(x.device)"),
}  # fmt: skip


def found(source: str, name: str = "f") -> dict[str, str]:
    return {finding.check: finding.severity for finding in source_findings(HEAD + source + "\n", "losses.py", name)}


def test_every_rule_has_a_twin() -> None:
    assert set(TWINS) == set(rules())


@pytest.mark.parametrize("rule", TWINS)
def test_a_rule_finds_its_mistake_and_leaves_the_mended_twin_alone(rule: str) -> None:
    wrong, right = TWINS[rule]

    assert rule in found(wrong)
    assert rule not in found(right)


@pytest.mark.parametrize("rule", sorted(rules()))
def test_a_rule_says_in_a_sentence_what_is_wrong(rule: str) -> None:
    assert rules()[rule].summary.endswith(".")


def test_a_finding_names_file_line_and_column() -> None:
    (finding,) = source_findings("import torch\n\n\ndef f(x, y):\n    return 2 + torch.dot(x, y)\n", "losses.py", "f")

    assert {key: finding.evidence[key] for key in ("file", "line", "column", "within")} == {
        "file": "losses.py", "line": 5, "column": 16, "within": "f",
    }  # fmt: skip


def test_mistakes_around_the_function_are_warnings_and_in_other_functions_nobodys_business() -> None:
    source = textwrap.dedent("""
        def f(x):
            return x


        def unrelated(x):
            return undefined_in_it


        value = undefined_at_top
    """)

    findings = source_findings(source, "losses.py", "f")

    assert [(f.check, f.severity, f.message) for f in findings] == [
        ("undefined_name", "warning", "'undefined_at_top' is defined nowhere in the file")
    ]


def test_what_the_function_calls_is_audited_with_it() -> None:
    source = "def helper(x):\n    return nowhere\n\n\ndef f(x):\n    return helper(x)"

    assert found(source) == {"undefined_name": "error"}


@pytest.mark.parametrize(
    "source",
    [
        "from math import *\n\n\ndef f(x):\n    return sqrt(x)",
        "def f(x):\n    global y\n    y = x\n    return y\n\n\ndef g():\n    return y",
        "def f(xs):\n    return [x for x in xs if (n := x)] + [n]",
        "class f:\n    k = 2\n\n    def forward(self, x):\n        return self.k * x * __name__.count('a')",
        "def f(x):\n    try:\n        return x\n    except ValueError as error:\n        raise error",
        "def f(x):\n    def inner():\n        return x\n    return inner()",
    ],
)
def test_defined_names_are_not_called_undefined(source: str) -> None:
    assert "undefined_name" not in found(source)
