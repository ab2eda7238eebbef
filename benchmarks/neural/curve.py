"""Draw the learning curve of a training log: python curve.py training.csv training.png"""

from __future__ import annotations

import sys

import matplotlib as mpl
import pandas as pd

mpl.use("Agg")
import matplotlib.pyplot as plt


def main(log: str, picture: str) -> None:
    """Gap to the engine's long runs over the minutes of training, a line for each cell."""
    rows = pd.read_csv(log)
    cells = [name.removeprefix("best_") for name in rows if name.startswith("best_")]
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
    titles = ("best of up to 32 rollouts", "mean of them")
    for axis, kind, title in zip(axes, ("best", "mean"), titles, strict=True):
        for cell in cells:
            dashes = "--" if cell.startswith("straight") else "-"
            gaps = rows[f"{kind}_{cell}"]
            axis.plot(rows.seconds / 60.0, gaps, dashes, label=cell.replace("_", " "), marker=".")
        for number in rows.index[rows.kind == "reinforcement"]:
            span = rows.seconds[max(number - 1, 0) : number + 1] / 60.0
            axis.axvspan(span.iloc[0], span.iloc[-1], color="grey", alpha=0.2, linewidth=0)
        axis.set(title=title, xlabel="minutes on one core", ylim=(0, 40))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("gap to the engine, %")
    axes[1].legend(fontsize=8, ncols=2)
    figure.suptitle("Imitation, and (grey) reinforcement; towns never seen")
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:3])
