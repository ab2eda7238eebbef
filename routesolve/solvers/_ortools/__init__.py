"""The parts of the OR-Tools solver: what there is to do, integer scales, the model, plans."""
