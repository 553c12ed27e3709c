"""What `ganloss audit loss` calls the functions of auraloss and stylegan2-torch, from clones of their repositories.

    python tests/upstream/loss_functions.py --upstream FOLDER

FOLDER holds the clones under their repositories' names; stylegan2-torch wants torch-conv-gradfix to be installed. The
functions of the libraries in the `bench` extra are named in tests/loss_audit/test_libraries.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ganloss_cli.pipeline.loss.audit import audit_loss
from ganloss_cli.records.loss import LossAuditRequest

AURALOSS = "auraloss/auraloss"  # csteinmetz1/auraloss@0853e9e
STYLEGAN2 = "stylegan2-torch/stylegan2_torch/loss.py"  # ppeetteerrs/stylegan2-torch@eb2d6a6, PyPI 1.3.0
# function, loss, and the convention that was found
NAMED: tuple[tuple[str, str, str], ...] = (
    (f"{AURALOSS}/time.py:SISDRLoss", "si_sdr", "si_sdr:auraloss"),
    (f"{AURALOSS}/time.py:SISDRLoss(zero_mean=False)", "si_sdr", "si_sdr:auralflow"),  # and negative, for one channel
    (f"{AURALOSS}/time.py:SNRLoss", "snr", "snr:auraloss"),
    (f"{AURALOSS}/freq.py:MultiResolutionSTFTLoss", "mrstft", "mrstft:auraloss"),
    (f"{STYLEGAN2}:d_loss", "d_bce", "d_bce:dcgan"),
    (f"{STYLEGAN2}:g_loss", "g_bce", "g_bce:dcgan"),
    (f"{STYLEGAN2}:d_reg_loss", "r1", "r1:stylegan2"),
    (f"{STYLEGAN2}:g_reg_loss", "path_length", "path_length:stylegan2"),
)


def main() -> None:
    """Audit every function, print what it is called, and fail where that is another name than recorded."""
    parser = argparse.ArgumentParser(description="names of upstream's loss functions")
    parser.add_argument("--upstream", type=Path, required=True, metavar="FOLDER", help="holds the clones")
    folder = parser.parse_args().upstream.resolve()
    wrong = 0
    for function, loss, recorded in NAMED:
        request = LossAuditRequest(function=f"{folder}/{function}", loss=loss)
        audit = audit_loss(request)
        # a file that cannot be imported whole, for want of a GPU's compiler, is audited as far as it goes
        wrong += audit.convention != recorded or audit.verdict != "exact"
        sys.stdout.write(f"{function}: {audit.verdict} {audit.convention} {audit.meaning}".rstrip() + "\n")
        sys.stdout.write("".join(f"    {line}\n" for line in _beyond_notes(audit.findings)))
        if audit.same:
            sys.stdout.write(f"    no probe tells it from {', '.join(audit.same)}\n")
    sys.stdout.write(f"{len(NAMED) - wrong} of {len(NAMED)} as recorded\n")
    sys.exit(bool(wrong))


def _beyond_notes(findings: Any) -> list[str]:
    return [f"{found.severity}: {found.check}: {found.message}" for found in findings if found.severity != "note"]


if __name__ == "__main__":
    main()
