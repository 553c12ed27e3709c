"""An example of every document: records that have something of everything."""

from typing import Any

from ganloss_cli.records.checkpoint import AuditReport, CheckRun, Measurement
from ganloss_cli.records.comparison import (
    PROFILES,
    ComparedKey,
    Comparison,
    Drift,
    Perturbation,
    Sensitivity,
    Side,
)
from ganloss_cli.records.conversion import Conversion, ConvertedNetwork, LeftOut
from ganloss_cli.records.inspection import (
    InspectedFile,
    InspectedFolder,
    InspectedNetwork,
    Inspection,
    ModuleBranch,
    OtherFile,
    TensorRow,
)
from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedFile, LoggedNumber, LoggedSum, LoggedTag
from ganloss_cli.records.loss import LossAudit, MatchedParameter, NearConvention, ProbedValue
from ganloss_cli.records.number import Candidate, NumberReport, TracedNumber
from ganloss_cli.records.ranking import RankedCheckpoint, RankedLoss, Ranking, Standing
from ganloss_cli.records.report import (
    Change,
    CheckpointRecord,
    Finding,
    Gate,
    Input,
    Report,
    Result,
    SamplePicture,
    SampleRank,
    SampleSound,
    SampleValues,
    SampleView,
)
from ganloss_cli.records.separation import Reliability, Roc, Separation
from ganloss_cli.reporters.checkpoint.document import CheckpointDocument
from ganloss_cli.reporters.checks.document import ChecksDocument, ExplainedChecks
from ganloss_cli.reporters.compare.document import CompareDocument
from ganloss_cli.reporters.convert.document import ConvertDocument
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.inspect.document import InspectDocument
from ganloss_cli.reporters.log.document import LogDocument, TagsDocument
from ganloss_cli.reporters.loss.document import LossDocument
from ganloss_cli.reporters.losses.document import ExplainedLoss, ExplainedRecipe, LossesDocument, RecipesDocument
from ganloss_cli.reporters.number.document import NumberDocument
from ganloss_cli.reporters.rank.document import RankDocument
from ganloss_cli.reporters.report.document import ReadReport, ReportsDocument

RUN: dict[str, Any] = {
    "tool": {"name": "ganloss", "version": "0.1.0"}, "environment": {}, "command": ("ganloss",), "seed": 0,
    "device": "cpu", "dtype": "float32",
}  # fmt: skip
GENERATOR = CheckpointRecord(path="g.pt", sha256=None, role="generator", name_in_file="G")
IMAGES = Input(role="real", path="imgs", count=2, kind="image", shape=(3, 8, 8))
FINDINGS = (
    Finding(check="assumed_range", severity="warning", message="nothing tells the range", hint="give --network-range"),
    Finding(check="prints", severity="note", message="it prints", evidence={"file": "losses.py", "line": 7}),
)
SEPARATION = Separation(
    network="discriminator", edges=(-1.0, 0.0, 1.0), counts={"real": (1, 3), "fake": (3, 1), "holdout": (2, 0)},
    roc=(Roc(reals="real", area=0.75, low=0.5, high=1.0, points=((0.0, 0.0), (0.25, 0.75), (1.0, 1.0))),
         Roc(reals="holdout", area=0.375, low=0.125, high=0.625, points=((0.0, 0.0), (1.0, 1.0)))),
    scores="logits", calibration_error=0.0625,
    reliability=(Reliability(predicted=0.3125, real=0.25, count=4), Reliability(predicted=0.6875, real=0.75, count=4)),
)  # fmt: skip
GATE = Gate(expression="ssim<0.9", loss="ssim", observed=0.5, failed=True)

REPORT = Report(
    **RUN, inputs=(IMAGES,), checkpoints=(GENERATOR,), findings=FINDINGS, gates=(GATE,),
    results=(Result(loss="ssim", convention="wang2004", typed="ssim", value=0.5, count=2, higher_is_better=True),),
    not_applicable={"fm": "needs real_features"}, separation=(SEPARATION,),
    pictures=(
        SamplePicture(
            name="a", ranks=(SampleRank(loss="ssim", which="worst", place=1, value=0.5),),
            views=(SampleView(called="real", image=b"a"),
                   SampleView(called="difference", image=b"c", mean=0.25, high=0.75)),
            sounds=(SampleSound(side="fake", ogg=b"b", start=1.0, end=2.0, length=4.0),),
        ),
    ),
    each=tuple(SampleValues(name=name, values={"ssim": value}) for name, value in (("a", 0.25), ("b", 0.75))),
)  # fmt: skip
RANKED = Report(
    **RUN,
    inputs=(IMAGES,),
    checkpoints=(GENERATOR, GENERATOR),
    findings=FINDINGS,
    gates=(GATE,),
    results=(
        Result(
            loss="ssim",
            convention="wang2004",
            typed="ssim",
            value=0.5,
            standard_error=0.1,
            count=2,
            higher_is_better=True,
            checkpoint=0,
        ),
        Result(
            loss="ssim", convention="wang2004", typed="ssim", value=0.6, count=2, higher_is_better=True, checkpoint=1
        ),
        Result(loss="d_lsgan", convention="mean", typed="d_lsgan", value=None, reason="nan", count=2, equilibrium=0.5),
        Result(loss="d_lsgan", convention="mean", typed="d_lsgan", value=0.25, count=2, equilibrium=0.5),
    ),
    ranking=Ranking(
        checkpoints=(
            RankedCheckpoint(
                name="g1.pt",
                run="a",
                step=1,
                files=("a/g1.pt",),
                standings={
                    "ssim": Standing(result=0, chance=0.2, power=0.3),
                    "d_lsgan": Standing(result=3, from_equilibrium=-0.25),
                },
            ),
            RankedCheckpoint(
                name="g2.pt",
                run="a",
                step=2,
                files=("a/g2.pt",),
                standings={
                    "ssim": Standing(result=1),
                    "d_lsgan": Standing(result=2),
                },
            ),
            RankedCheckpoint(name="g3.pt", run="a", step=None, files=("a/g3.pt",), reason="a/g3.pt: damaged"),
        ),
        losses=(
            RankedLoss(name="ssim", aim="higher", best=1, ties=(0,), compared="paired"),
            RankedLoss(name="d_lsgan", aim="equilibrium", best=0, untold="nothing tells"),
        ),
        ordered_by="name",
        by="ssim",
        best=1,
        ties=(0,),
        front=(1,),
        level=0.05,
        kept=2,
    ),
)
AUDIT = AuditReport(
    **RUN, passed=False, fail_on="error", findings=FINDINGS, checkpoints=(GENERATOR,), inputs=(IMAGES,), gates=(GATE,),
    separation=(SEPARATION, Separation(network="discriminator_A", counts={"real": (), "fake": ()})),
    measurements=(Measurement(subject="discriminator", name="AUC", value=0.75, low=0.5, high=1.0, count=2),),
    checks=(CheckRun(check="prints", subjects=1, findings=1),
            CheckRun(check="dead_channels", subjects=0, findings=0, not_run="needs a discriminator")),
)  # fmt: skip
NUMBERS = NumberReport(
    **RUN, verdict="ambiguous", findings=FINDINGS, not_applicable={"mel:vits": "this is for 22050 Hz"},
    numbers=(
        TracedNumber(
            name="d_bce", text="0.87", value=0.87, tolerance=0.005, verdict="ambiguous", tried=2, formulas=2,
            chance_hits=0.1, separated_by="one more digit would", remarks=("it is small",),
            candidates=(
                Candidate(loss="d_bce", convention="dcgan", value=0.871, difference=0.001, source="a paper"),
                Candidate(loss="d_bce", convention="vanilla", value=1.742, difference=0.872, source="a paper"),
            ),
        ),
    ),
)  # fmt: skip
LOG = LogAudit(
    tool=RUN["tool"], command=("ganloss",), passed=False, findings=FINDINGS, checkpoints=(GENERATOR,),
    files=(LoggedFile(path="log.csv", format="CSV", tags=1, sessions=2),),
    tags=(LoggedTag(tag="D", file=0, count=3, non_finite=0, first=0, last=20, counted_in="steps", last_value=1.5,
                    may_be=("d_bce",), equilibria={"d_bce": 1.375}),),
    sums=(LoggedSum(total="D", parts={"D_real": 0.5, "D_fake": 0.5}, file=0, rows=3, skipped=0, holds=False,
                    largest_difference=0.5, allowed=1e-4, worst_at=10),),
    numbers=(LoggedNumber(tag="D", file=0, at=20, logged=1.5, verdict="not reproducible", loss="d_bce",
                          convention="dcgan", recomputed=1.25, difference=0.25, equilibrium=1.375,
                          interval=(1.0, 1.375), reasons=("dropout",)),),
    curves=(LoggedCurve(tag="D", file=0, places=(0, 10, 10, 20), values=(1.0, float("nan"), 2.0, 1.5),
                        sessions=(0, 0, 1, 1)),),
)  # fmt: skip
COMPARISON = Comparison(
    tool=RUN["tool"], command=("ganloss",), tolerance=PROFILES["loss"], passed=False, findings=FINDINGS,
    a=Side(path="a.npz", kind="tensors", keys=1, sha256="0" * 64),
    b=Side(path="b.npz", kind="tensors", keys=1, sha256="1" * 64),
    keys=(ComparedKey(key="x", passed=False, reason="beyond the tolerance", shape_a=(2,), shape_b=(2,), count=2,
                      failing=1, max_absolute=0.5, mean_absolute=0.25, max_relative=0.5, max_ulp=9, worst=(1,), a=1.0,
                      b=0.5),),
    drift=(Drift(name="x", steps=(0, 1), relative=(0.0, 0.5), enters=1, jumps=(1,)),),
    changes={"x": Change(before=1.0, now=0.5, difference=-0.5, standard_error=0.125, count=2, paired=True,
                         higher_is_better=True, outcome="worse", chance=0.01, level=0.05)},
    sensitivity=Sensitivity(
        recipe="discogan", weights="freshly initialised", tolerance=PROFILES["loss"], values={"x": 1.0},
        perturbations=(Perturbation(name="swapped", noticed=False, max_absolute={"x": 0.0}, failing=()),),
    ),
)  # fmt: skip
LOSS = LossAudit(
    function="d_loss", file="losses.py", line=3, loss="d_bce", verdict="departs", convention="d_bce:goodfellow",
    parameters=(MatchedParameter(theirs="real", ours="real_logits", how="by name"),), findings=FINDINGS,
    probes=(ProbedValue(probe="random", value=1.0, expected=2.0, agrees=False),),
    nearest=(NearConvention(convention="d_bce:goodfellow", departure=0.5, source="a paper", relation="the default"),),
    rules={"prints": "The function prints.", "assumed_range": "Nothing tells the range."}, tool=RUN["tool"],
)  # fmt: skip
INSPECTION = Inspection(
    tool=RUN["tool"], command=("ganloss",), findings=FINDINGS,
    folders=(
        InspectedFolder(path="runs", chosen=("g.pt",), others=(OtherFile(name="h.pt", role=None, step=1, bytes=9),)),
    ),
    files=(
        InspectedFile(
            path="g.pt", format="torch zip", holds="state dict", bytes=99, globals=("collections.OrderedDict",),
            networks=(
                InspectedNetwork(
                    role="generator", name_in_file="G", weights="raw", architecture="mlp", parameters=1234, buffers=0,
                    bytes=4936, dtypes={"float32": 1}, tensor_count=1, hyperparameters={"width": 8},
                    tensors=(TensorRow(name="w", shape=(2, 617), dtype="float32", bytes=4936),),
                    tree=ModuleBranch(name="G", parameters=1234),
                ),
            ),
        ),
    ),
)  # fmt: skip
CONVERSION = Conversion(
    tool=RUN["tool"], command=("ganloss",), folder="plain", written=True, findings=FINDINGS,
    networks=(
        ConvertedNetwork(
            file="generator_ema.safetensors", role="generator", weights="ema", path="runs/g.pt", sha256="0" * 64,
            name_in_file="g_ema", architecture="mlp", step=9, tensors=2, bytes=4936, dtypes={"float32": 2},
            tied={"head.weight": "stem.weight"},
        ),
    ),
    left_out=(LeftOut(path="runs/g.pt", names=("optimizer",)), LeftOut(path="runs/h.pt", whole=True)),
)  # fmt: skip
CHECKS = ({"name": "prints", "severity": "note", "subject": "file", "summary": "It prints.", "explanation": "Why."},)
LOSSES = (
    {
        "name": "ssim", "family": "structural", "summary": "Similarity.", "formula": "S = a / b",
        "needs": ("real", "fake"), "optional": (), "one_of": (), "paired": True, "equal_counts": False,
        "settings": {"window": 11}, "unit": None, "higher_is_better": True, "span": (-1.0, 1.0), "equilibrium": None,
        "no_equilibrium": None, "batch_dependent": None, "tells": "1: equal", "reference": "Wang 2004",
        "conventions": (
            {
                "name": "wang2004", "settings": {}, "source": "a paper", "relation": "the default", "factor": None,
                "mistake": None, "alias_of": None, "example": 0.5,
            },
        ),
    },
)  # fmt: skip
RECIPES = (
    {
        "name": "cyclegan", "source": "owner/name@0123abc train.py", "totals": {"G": "generator"},
        "settings": {"lambda": 10.0}, "batch": 1, "caveats": (),
        "terms": (
            {
                "logged": "G_A", "loss": "g_lsgan", "part": None, "domain": "A", "factor": 1.0, "weight": 1.0,
                "total": "G", "unavailable": None, "sub": None,
            },
        ),
    },
)  # fmt: skip

DOCUMENTS: tuple[Document, ...] = (
    EvalDocument(REPORT), RankDocument(RANKED), CheckpointDocument(AUDIT), NumberDocument(NUMBERS), LogDocument(LOG),
    TagsDocument(LOG),
    CompareDocument(COMPARISON), LossDocument(LOSS), InspectDocument(INSPECTION), ConvertDocument(CONVERSION),
    ChecksDocument(CHECKS), ExplainedChecks(CHECKS), LossesDocument(LOSSES), ExplainedLoss(LOSSES),
    RecipesDocument(RECIPES), ExplainedRecipe(RECIPES),
    ReportsDocument(
        [ReadReport(path="a.json", document=EvalDocument(REPORT)), ReadReport(path="b.json", document=LogDocument(LOG))]
    ),
)  # fmt: skip
