"""Writes schedules_test.go: python3 testdata/schedules.py, with PyTorch 1.13."""

import warnings

import torch
from torch.optim import lr_scheduler as S

warnings.simplefilter("ignore")
STEPS = 25


def run(make, observe=None):
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    s = make(opt)
    rates = []
    for i in range(STEPS):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        s.step(observe[i]) if observe else s.step()
    return rates


# One that falls, stays, falls by too little, and rises.
OBSERVED = [5, 4, 3, 3, 2.99, 3.1, 3.2, 2.9, 2.8995, 2.8994, 2.8993, 2.8992, 2.8991, 2.5, 2.6, 2.7, 2.8, 2.9, 3, 3, 3, 3, 3, 3, 3]

CASES = [
    ("StepDecay", run(lambda o: S.StepLR(o, 4, 0.3))),
    ("MultiStep", run(lambda o: S.MultiStepLR(o, [3, 10, 10, 17], 0.5))),
    ("Exponential", run(lambda o: S.ExponentialLR(o, 0.9))),
    ("Cosine", run(lambda o: S.CosineAnnealingLR(o, 24, 0.01))),
    ("WarmUp", run(lambda o: S.LinearLR(o, start_factor=0.1, total_iters=7))),
    ("WarmUp, Cosine", run(lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.1, total_iters=5), S.CosineAnnealingLR(o, 20, 0)], [5]))),
    ("OneCycle", run(lambda o: S.OneCycleLR(o, 1.0, total_steps=STEPS + 1, cycle_momentum=False))[:STEPS]),
    ("OneCycle all", run(lambda o: S.OneCycleLR(o, 1.0, total_steps=STEPS + 1, pct_start=0.45, div_factor=10, final_div_factor=50,
                                                anneal_strategy="linear", cycle_momentum=False))),
    ("Plateau", run(lambda o: S.ReduceLROnPlateau(o, factor=0.5, patience=2, cooldown=2, min_lr=0.2, threshold=1e-3), OBSERVED)),
    ("Plateau max", run(lambda o: S.ReduceLROnPlateau(o, mode="max", factor=0.1, patience=3, threshold=0.05, threshold_mode="abs"), OBSERVED)),
]

print("// Written by testdata/schedules.py, PyTorch %s.\n" % torch.__version__.split("a")[0])
print("package optim_test\n")
print("// torchObserved is what the plateaus of torchSchedules were told after each step.")
print("var torchObserved = []float64{" + ", ".join(repr(float(x)) for x in OBSERVED) + "}\n")
print("// torchSchedules are the learning rates of steps.")
print("var torchSchedules = map[string][]float64{")
for name, rates in CASES:
    print('\t"%s": {' % name + ", ".join(repr(float(r)) for r in rates) + "},")
print("}")
