"""PyTorch's side of bench/peers: a line in, a line out.

  open NAME DTYPE SIZE THREADS   makes the case, runs it once and answers with the
                                 result of a reduction, or the means of what is written
                                 and of its square
  time ITERS                     runs it, and answers with the nanoseconds it took

Operands are those of peers.go: the same numbers, made by the same formula.
"""
import os
import sys
import time

import torch
import torch.nn.functional as F

aten = torch.ops.aten
grads = torch.set_grad_enabled(False)


def wrap(v):  # a 64-bit constant as a signed one
    return v - (1 << 64) if v >= 1 << 63 else v


def shift(z, k):
    return (z >> k) & ((1 << (64 - k)) - 1)


def fill(n, seed, dtype):
    """The numbers of fill in peers.go, in blocks that stay in a cache."""
    out = torch.empty(n, dtype=dtype)
    for i in range(0, n, 1 << 16):
        j = min(i + (1 << 16), n)
        z = torch.arange(i + 1, j + 1, dtype=torch.int64) * wrap(0x9E3779B97F4A7C15) + wrap(seed << 48)
        z = (z ^ shift(z, 30)) * wrap(0xBF58476D1CE4E5B9)
        z = (z ^ shift(z, 27)) * wrap(0x94D049BB133111EB)
        z = z ^ shift(z, 31)
        out[i:j] = z.to(dtype) / 2.0**63
    return out


class Case:
    """Operands: the beginnings of the longest so far, which are kept. What is only
    read is not made anew."""
    kept = {}

    def __init__(self, shape, dtype, sole):
        self.shape, self.dtype = shape, dtype
        self.n = 1
        for s in shape:
            self.n *= s
        self.x = self.operand(1)
        if sole:
            return
        self.y, self.d, self.p = self.operand(2), self.operand(4).clone(), self.operand(3)
        self.labels = torch.arange(shape[0]) * 7 % shape[-1]
        self.out = self.d

    def operand(self, seed):
        k = (seed, self.dtype)
        if k not in Case.kept or len(Case.kept[k]) < self.n:
            Case.kept[k] = fill(self.n, seed, self.dtype)
            if seed == 3:
                Case.kept[k].abs_().add_(0.25)
        return Case.kept[k][: self.n].reshape(self.shape)

    def numbers(self, n, v):
        return torch.full((n,), v, dtype=self.dtype)


def pointwise(f):
    """An operation with an out= form of x, or of x and p."""
    return lambda c: lambda: f(c, c.d)


def reduction(f):
    def make(c):
        def run():
            c.out = f(c)
        return run
    return make


def logsumexp(c):
    c.out = torch.empty(c.shape[0], dtype=c.dtype)
    return lambda: torch.logsumexp(c.x, 1, out=c.out)


def crossentropy(c):
    """What autograd runs, without it."""
    logs, one = torch.empty_like(c.x), torch.ones((), dtype=c.dtype)
    step = torch.empty_like(c.x)

    def run():
        aten._log_softmax.out(c.x, 1, False, out=logs)
        weight = aten.nll_loss_forward(logs, c.labels, None, 1, -100)[1]
        aten.nll_loss_backward.grad_input(one, logs, c.labels, None, 1, -100, weight, grad_input=step)
        aten._log_softmax_backward_data.out(step, logs, 1, c.dtype, out=c.d)
    return run


def loss(f):
    """A loss and its gradient, by autograd."""
    def make(c):
        x = c.x.clone().requires_grad_()

        def run():
            with torch.enable_grad():
                x.grad = None
                f(c, x).backward()
            c.out = x.grad
        return run
    return make


def dotrows(c):
    q = fill(c.shape[1], 2, c.dtype)
    c.out = torch.empty(c.shape[0], dtype=c.dtype)
    return lambda: torch.mv(c.x, q, out=c.out)


def dropout(c):
    def run():
        c.out = torch.dropout(c.p, 0.5, True)
    return run


def batchnorm(c):
    n = c.shape[1]
    rm, rv, g, b = (c.numbers(n, v) for v in (0, 1, 1, 0))

    def run():
        c.out = torch.native_batch_norm(c.x, g, b, rm, rv, True, 0.1, 1e-5)[0]
        if len(c.shape) == 4:
            c.out.relu_()
    return run


def batchnorminference(c):
    n = c.shape[1]
    m, v, g, b = (c.numbers(n, v) for v in (0.25, 2, 1, 0))

    def run():
        c.out = torch.native_batch_norm(c.x, g, b, m, v, False, 0.1, 1e-5)[0]
    return run


def batchnormgrad(c):
    n = c.shape[1]
    mean, rstd, g = (c.numbers(n, v) for v in (0, 1.5, 1))

    def run():
        c.out = aten.native_batch_norm_backward(c.y, c.x, g, None, None, mean, rstd, True, 1e-5, [True] * 3)[0]
    return run


def layernorm(c):
    n = c.shape[1]
    g, b = c.numbers(n, 1), c.numbers(n, 0)

    def run():
        c.out = torch.native_layer_norm(c.x, [n], g, b, 1e-5)[0]
    return run


def layernormgrad(c):
    rows, n = c.shape
    mean, rstd = (c.numbers(rows, v).reshape(rows, 1) for v in (0, 1.5))
    g, b = c.numbers(n, 1), c.numbers(n, 0)

    def run():
        c.out = aten.native_layer_norm_backward(c.y, c.x, [n], mean, rstd, g, b, [True] * 3)[0]
    return run


def optimiser(kind, **options):
    def make(c):
        w = c.d.detach().requires_grad_()
        w.grad = c.x.clone()  # some step writes to it
        try:  # on a parameter of no account, since a step changes it
            v = torch.zeros(1, dtype=w.dtype, requires_grad=True)
            v.grad = torch.zeros(1, dtype=w.dtype)
            kind([v], fused=True, **options).step()
            step = kind([w], fused=True, **options).step
        except (TypeError, RuntimeError):  # before PyTorch 2.4
            step = kind([w], foreach=not options.get("nesterov"), **options).step  # foreach adds to the gradient there

        def run():
            step()
            c.out = w.detach()
        return run
    return make


WIDTHS = [784, 512, 256, 10]


def mlp(dtype):
    layers = []
    for i, (n, m) in enumerate(zip(WIDTHS, WIDTHS[1:])):
        linear = torch.nn.Linear(n, m).to(dtype)
        linear.weight.data = (fill(n * m, 10 + i, dtype) / n**0.5).reshape(m, n)
        linear.bias.data.zero_()
        layers.append(linear)
        if i < len(WIDTHS) - 2:
            layers += [torch.nn.BatchNorm1d(m).to(dtype), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def mlpstep(c):
    net = mlp(c.dtype).train()
    opt = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9, foreach=True)
    labels = torch.arange(c.shape[0]) * 7 % 10

    def run():
        with torch.enable_grad():
            out = net(c.x)
            F.cross_entropy(out, labels).backward()
            opt.step()
            opt.zero_grad()
            c.out = out.detach()
    return run


def fastest(runs):
    """That of the ways that takes the least time, the best of a few."""
    times = []
    for run in runs:
        for _ in range(5):
            run()
        best = None
        for _ in range(20):
            began = time.perf_counter_ns()
            run()
            t = time.perf_counter_ns() - began
            best = t if best is None else min(best, t)
        times.append(best)
    return runs[times.index(min(times))]


def mlpinference(c):
    """As it is, traced and frozen, or optimised for inference besides, where oneDNN may
    do the products."""
    net = mlp(c.dtype).train()
    net(fill(64 * WIDTHS[0], 1, c.dtype).reshape(64, -1))
    net.eval()
    nets = [net]
    try:
        nets.append(torch.jit.freeze(torch.jit.trace(net, c.x)))
        nets.append(torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(net, c.x))))
    except Exception:  # not every version can
        pass

    def way(n):
        def run():
            c.out = n(c.x)
        return run
    return fastest([way(n) for n in nets])


OPS = {
    "relu": pointwise(lambda c, d: torch.clamp_min(c.x, 0, out=d)),
    "leakyrelu": pointwise(lambda c, d: aten.leaky_relu.out(c.x, 0.01, out=d)),
    "relugrad": pointwise(lambda c, d: aten.threshold_backward.grad_input(c.y, c.x, 0, grad_input=d)),
    "add": pointwise(lambda c, d: torch.add(c.x, c.p, out=d)),
    "mul": pointwise(lambda c, d: torch.mul(c.x, c.p, out=d)),
    "maxout": pointwise(lambda c, d: torch.maximum(c.x, c.p, out=d)),
    "axpy": pointwise(lambda c, d: d.add_(c.x, alpha=1.0 / 1024)),
    "dot": reduction(lambda c: torch.dot(c.x, c.p)),
    "sum": reduction(lambda c: torch.sum(c.x)),
    "max": reduction(lambda c: torch.max(c.x)),
    "exp": pointwise(lambda c, d: torch.exp(c.x, out=d)),
    "log": pointwise(lambda c, d: torch.log(c.p, out=d)),
    "tanh": pointwise(lambda c, d: torch.tanh(c.x, out=d)),
    "sigmoid": pointwise(lambda c, d: torch.sigmoid(c.x, out=d)),
    "elu": pointwise(lambda c, d: aten.elu.out(c.x, 1, out=d)),
    "gelu": pointwise(lambda c, d: aten.gelu.out(c.x, out=d)),
    "gelutanh": pointwise(lambda c, d: aten.gelu.out(c.x, approximate="tanh", out=d)),
    "softmax": pointwise(lambda c, d: aten._softmax.out(c.x, 1, False, out=d)),
    "logsoftmax": pointwise(lambda c, d: aten._log_softmax.out(c.x, 1, False, out=d)),
    "logsumexp": logsumexp,
    "crossentropy": crossentropy,
    "batchnorm": batchnorm,
    "batchnorminference": batchnorminference,
    "batchnormgrad": batchnormgrad,
    "layernorm": layernorm,
    "layernormgrad": layernormgrad,
    "sgdmomentum": optimiser(torch.optim.SGD, lr=1e-3, momentum=0.9),
    "adam": optimiser(torch.optim.Adam, lr=1e-3),
    "dotrows": dotrows,
    "mlpstep": mlpstep,
    "mlpinference": mlpinference,
    "sub": pointwise(lambda c, d: torch.sub(c.x, c.p, out=d)),
    "div": pointwise(lambda c, d: torch.div(c.x, c.p, out=d)),
    "sqrt": pointwise(lambda c, d: torch.sqrt(c.p, out=d)),
    "clamp": pointwise(lambda c, d: torch.clamp(c.x, -0.5, 0.5, out=d)),
    "expm1": pointwise(lambda c, d: torch.expm1(c.x, out=d)),
    "log1p": pointwise(lambda c, d: torch.log1p(c.p, out=d)),
    "erf": pointwise(lambda c, d: torch.erf(c.x, out=d)),
    "rsqrt": pointwise(lambda c, d: torch.rsqrt(c.p, out=d)),
    "softplus": pointwise(lambda c, d: aten.softplus.out(c.x, out=d)),
    "silu": pointwise(lambda c, d: aten.silu.out(c.x, out=d)),
    "mish": pointwise(lambda c, d: aten.mish.out(c.x, out=d)),
    # What torch.selu calls, with its constants.
    "selu": pointwise(lambda c, d: aten.elu.out(c.x, 1.6732632423543772, 1.0507009873554805, out=d)),
    "hardsigmoid": pointwise(lambda c, d: aten.hardsigmoid.out(c.x, out=d)),
    "silugrad": pointwise(lambda c, d: aten.silu_backward.grad_input(c.y, c.x, grad_input=d)),
    "gelugrad": pointwise(lambda c, d: aten.gelu_backward.grad_input(c.y, c.x, grad_input=d)),
    "squaredloss": loss(lambda c, x: F.mse_loss(x, c.y)),
    "absloss": loss(lambda c, x: F.l1_loss(x, c.y)),
    "huberloss": loss(lambda c, x: F.huber_loss(x, c.y, delta=0.5)),
    "logisticloss": loss(lambda c, x: F.binary_cross_entropy_with_logits(x, c.p)),
    "uniform": pointwise(lambda c, d: d.uniform_()),
    "normal": pointwise(lambda c, d: d.normal_()),
    "bernoulli": pointwise(lambda c, d: d.bernoulli_(0.5)),
    "dropout": dropout,
    "sgd": optimiser(torch.optim.SGD, lr=1e-3),
    "nesterov": optimiser(torch.optim.SGD, lr=1e-3, momentum=0.9, nesterov=True),
    "adagrad": optimiser(torch.optim.Adagrad, lr=1e-3),
    "rmsprop": optimiser(torch.optim.RMSprop, lr=1e-3),
    "adamw": optimiser(torch.optim.AdamW, lr=1e-3),
}
SOLE = ["dotrows", "mlpstep", "mlpinference"]  # x alone is read


def capability():
    if hasattr(torch.backends, "cpu") and hasattr(torch.backends.cpu, "get_cpu_capability"):
        return torch.backends.cpu.get_cpu_capability()
    for line in torch.__config__.show().splitlines():
        if "CPU capability usage:" in line:
            return line.split(":")[1].strip()
    return "unknown"


def main():
    print("ready", torch.__version__, capability().replace(" ", ""), flush=True)
    run = None
    for line in sys.stdin:
        word = line.split()
        try:
            if word[0] == "open":
                torch.set_num_threads(int(word[4]))
                case = Case([int(s) for s in word[3].split("x")], {"f32": torch.float32, "f64": torch.float64}[word[2]], word[1] in SOLE)
                run = OPS[word[1]](case)
                run()
                out = case.out.double()
                answer = "%.17g %.17g" % ((float(out), 0) if out.dim() == 0 else (float(out.mean()), float((out * out).mean())))
            else:
                n = int(word[1])
                began = time.perf_counter_ns()
                for _ in range(n):
                    run()
                answer = str(time.perf_counter_ns() - began)
        except Exception as e:  # the other side says it
            answer = "error " + " ".join(str(e).split())[:300]
        print(answer, flush=True)


main()
