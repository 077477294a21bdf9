"""Writes the trajectories of torchruns_test.go: python3 testdata/trajectories.py, with PyTorch 1.13.

Two parameters, of 3 and 2 elements in two groups; the gradient of w is a*(w - c).
"""

import torch

W = [[1.0, -2.0, 0.5], [0.25, 3.0]]
A = [[1.0, 0.3, 4.0], [2.0, 0.5]]
C = [[0.5, 1.0, -1.0], [0.0, 2.5]]

o = torch.optim
CASES = [
    ("SGD", lambda p: o.SGD(p, lr=0.1), {}),
    ("SGD decay", lambda p: o.SGD(p, lr=0.1, weight_decay=0.05), {}),
    ("momentum", lambda p: o.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01), {}),
    ("Nesterov", lambda p: o.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01), {}),
    ("Adagrad", lambda p: o.Adagrad(p), {}),
    ("Adagrad all", lambda p: o.Adagrad(p, lr=0.3, lr_decay=0.1, weight_decay=0.02, initial_accumulator_value=0.1, eps=1e-6), {}),
    ("RMSprop", lambda p: o.RMSprop(p), {}),
    ("RMSprop all", lambda p: o.RMSprop(p, lr=0.05, alpha=0.9, eps=1e-3, weight_decay=0.02), {}),
    ("Adam", lambda p: o.Adam(p), {}),
    ("Adam all", lambda p: o.Adam(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1), {}),
    ("AdamW", lambda p: o.AdamW(p), {}),
    ("AdamW all", lambda p: o.AdamW(p, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1), {}),
    ("groups", lambda p: o.SGD([{"params": p[:1]}, {"params": p[1:], "lr": 0.2, "weight_decay": 0.1}], lr=0.02, momentum=0.5), {}),
    ("max norm", lambda p: o.SGD(p, lr=0.1, momentum=0.9), {"norm": 1.5}),
    ("max value", lambda p: o.Adam(p, lr=0.1), {"value": 0.75}),
    ("both", lambda p: o.SGD(p, lr=0.3), {"norm": 1.0, "value": 0.75}),
    ("schedule", lambda p: o.SGD(p, lr=0.3, momentum=0.5), {"gamma": 0.8}),
]

print("// Written by testdata/trajectories.py, PyTorch %s.\n" % torch.__version__.split("a")[0])
print("package optim_test\n")
print("// torchRuns are where the runs of testdata/trajectories.py are after 1, 2 and 10 steps.")
print("var torchRuns = map[string][3][5]float64{")
for name, make, clip in CASES:
    params = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in W]
    opt = make(params)
    sched = o.lr_scheduler.ExponentialLR(opt, clip["gamma"]) if "gamma" in clip else None
    rows = []
    for step in range(1, 11):
        opt.zero_grad()
        for p, a, c in zip(params, A, C):
            p.grad = torch.tensor(a, dtype=torch.float64) * (p.detach() - torch.tensor(c, dtype=torch.float64))
        if "value" in clip:
            torch.nn.utils.clip_grad_value_(params, clip["value"])
        if "norm" in clip:
            torch.nn.utils.clip_grad_norm_(params, clip["norm"])
        opt.step()
        if sched:
            sched.step()
        if step in (1, 2, 10):
            rows.append([x for p in params for x in p.tolist()])
    print('\t"%s": {' % name)
    for r in rows:
        print("\t\t{" + ", ".join(repr(x) for x in r) + "},")
    print("\t},")
print("}")
