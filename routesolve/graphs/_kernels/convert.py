"""Integer steps to seconds and metres, in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from routesolve._jit import kernel


# steps, out (n)
@kernel
def real(steps: Any, none: Any, factor: Any, divide: Any, out: Any) -> Any:
    """Divide or multiply by `factor`; ``inf`` where `steps` is `none`."""
    if divide:
        for i in range(steps.size):
            out[i] = steps[i] / factor if steps[i] != none else np.inf
    else:
        for i in range(steps.size):
            out[i] = steps[i] * factor if steps[i] != none else np.inf
