"""Every trial by name, and trials of one's own in a file."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from laconic.trials import jaccard
from laconic.trials.disentangle import FIG_2, FIG_3
from laconic.trials.dnrl.fig_3 import FIG_3 as DNRL_FIG_3
from laconic.trials.dnrl.fig_4 import FIG_4
from laconic.trials.dnrl.fig_5 import FIG_5
from laconic.trials.dnrl.fig_6 import FIG_6
from laconic.trials.dnrl.fig_7 import FIG_7
from laconic.trials.dnrl.table_1 import TABLE_1 as DNRL_TABLE_1
from laconic.trials.dnrl.table_2 import TABLE_2 as DNRL_TABLE_2
from laconic.trials.dnrl.table_3 import TABLE_3 as DNRL_TABLE_3
from laconic.trials.dnrl.table_4 import TABLE_4
from laconic.trials.dnrl.table_5 import TABLE_5
from laconic.trials.dnrl.table_7 import TABLE_7
from laconic.trials.gssma import figs_4_to_6
from laconic.trials.gssma.baseline import BASELINE
from laconic.trials.gssma.fig_3 import FIG_3 as GSSMA_FIG_3
from laconic.trials.lgg import planes, table_1, table_2, table_3, table_a1
from laconic.trials.ours.decoder import DECODER
from laconic.trials.ours.frontier import FRONTIER
from laconic.trials.ours.sharing import SHARING
from laconic.trials.ours.target_bits import TARGET_BITS
from laconic.trials.ours.tasks import TASKS_TRIAL
from laconic.trials.trial import Trial, TrialError
from laconic.trials.waterfall import WATERFALL

TRIALS: dict[str, Trial] = {
    "disentangle/fig-2": FIG_2,
    "disentangle/fig-3": FIG_3,
    "dnrl/table-1": DNRL_TABLE_1,
    "dnrl/table-2": DNRL_TABLE_2,
    "dnrl/table-3": DNRL_TABLE_3,
    "dnrl/table-4": TABLE_4,
    "dnrl/fig-3": DNRL_FIG_3,
    "dnrl/fig-4": FIG_4,
    "dnrl/fig-5": FIG_5,
    "dnrl/fig-6": FIG_6,
    "dnrl/fig-7": FIG_7,
    "dnrl/table-5": TABLE_5,
    "dnrl/table-7": TABLE_7,
    "gssma/baseline": BASELINE,
    "gssma/fig-3": GSSMA_FIG_3,
    "gssma/fig-4": figs_4_to_6.FIG_4,
    "gssma/fig-5": figs_4_to_6.FIG_5,
    "gssma/fig-6": figs_4_to_6.FIG_6,
    "jaccard/table-1": jaccard.TABLE_1,
    "jaccard/fig-2": jaccard.FIG_2,
    "jaccard/table-2": jaccard.TABLE_2,
    "lgg/fig-2": planes.FIG_2,
    "lgg/fig-a1": planes.FIG_A1,
    "lgg/table-1": table_1.TABLE_1,
    "lgg/table-2": table_2.TABLE_2,
    "lgg/table-3": table_3.TABLE_3,
    "lgg/table-a1": table_a1.TABLE_A1,
    "link/waterfall": WATERFALL,
    "ours/decoder": DECODER,
    "ours/sharing": SHARING,
    "ours/target-bits": TARGET_BITS,
    "ours/tasks": TASKS_TRIAL,
    "ours/frontier": FRONTIER,
}


def find(name: str) -> Trial:
    """The trial of a name, or the one that a file `NAME.py` calls `trial`.

    Raises:
        TrialError: there is none, or the file is wrong.
    """
    if name.endswith(".py"):
        return own_trial(Path(name))
    if name not in TRIALS:
        raise TrialError(f"there is no trial {name!r}; there are {', '.join(TRIALS)}; one of your own is named FILE.py")
    return TRIALS[name]


def own_trial(file: Path) -> Trial:
    """The object `trial` of a Python file, imported as the module of its name, so that other processes find it, too.

    Raises:
        TrialError: there is no such file or object, it can't be imported, or a module of its name is there already.
    """
    file = file.resolve()
    if not file.is_file():
        raise TrialError(f"{file} is no file")
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    try:
        module = importlib.import_module(file.stem)
    except Exception as error:
        raise TrialError(f"{file}: importing it raised {type(error).__name__}: {error}") from error
    if module.__file__ is None or Path(module.__file__).resolve() != file:
        raise TrialError(f"{file}: another module is called {file.stem}; give the file another name")
    trial = getattr(module, "trial", None)
    if not isinstance(trial, Trial):
        raise TrialError(f"{file} defines no trial: it ends with trial = Trial(...) (laconic.trials)")
    return trial
