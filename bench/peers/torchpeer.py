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


def fill(shape, seed, dtype):
    n = 1
    for s in shape:
        n *= s

    def wrap(v):  # a 64-bit constant as a signed one
        return v - (1 << 64) if v >= 1 << 63 else v

    def shift(z, k):
        return (z >> k) & ((1 << (64 - k)) - 1)

    z = torch.arange(1, n + 1, dtype=torch.int64) * wrap(0x9E3779B97F4A7C15) + wrap(seed << 48)
    z = (z ^ shift(z, 30)) * wrap(0xBF58476D1CE4E5B9)
    z = (z ^ shift(z, 27)) * wrap(0x94D049BB133111EB)
    z = z ^ shift(z, 31)
    return (z.to(dtype) / 2.0**63).reshape(shape).contiguous()


class Case:
    def __init__(self, shape, dtype):
        self.shape = shape
        self.x, self.y, self.d = (fill(shape, s, dtype) for s in (1, 2, 4))
        self.p = fill(shape, 3, dtype).abs_().add_(0.25)
        self.labels = torch.arange(shape[0]) * 7 % shape[-1]
        self.out = self.d

    def numbers(self, n, v):
        return torch.full((n,), v, dtype=self.x.dtype)


def pointwise(f):
    """An operation with an out= form of x, or of x and p."""
    return lambda c: lambda: f(c, c.d)


def reduction(f):
    def make(c):
        def run():
            c.out = f(c)
        return run
    return make


def crossentropy(c):
    x = c.x.clone().requires_grad_()

    def run():
        with torch.enable_grad():
            x.grad = None
            F.cross_entropy(x, c.labels).backward()
        c.out = x.grad
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
        w = c.d.requires_grad_()
        w.grad = c.x
        try:  # on a parameter of no account, since a step changes it
            v = torch.zeros(1, dtype=w.dtype, requires_grad=True)
            v.grad = torch.zeros(1, dtype=w.dtype)
            kind([v], fused=True, **options).step()
            step = kind([w], fused=True, **options).step
        except (TypeError, RuntimeError):  # before PyTorch 2.4
            step = kind([w], foreach=True, **options).step

        def run():
            step()
            c.out = w.detach()
        return run
    return make


OPS = {
    "add": pointwise(lambda c, d: torch.add(c.x, c.p, out=d)),
    "mul": pointwise(lambda c, d: torch.mul(c.x, c.p, out=d)),
    "div": pointwise(lambda c, d: torch.div(c.x, c.p, out=d)),
    "maximum": pointwise(lambda c, d: torch.maximum(c.x, c.p, out=d)),
    "axpy": pointwise(lambda c, d: d.add_(c.x, alpha=1.0 / 1024)),
    "dot": reduction(lambda c: torch.dot(c.x, c.p)),
    "sum": reduction(lambda c: torch.sum(c.x)),
    "max": reduction(lambda c: torch.max(c.x)),
    "exp": pointwise(lambda c, d: torch.exp(c.x, out=d)),
    "log": pointwise(lambda c, d: torch.log(c.p, out=d)),
    "tanh": pointwise(lambda c, d: torch.tanh(c.x, out=d)),
    "sigmoid": pointwise(lambda c, d: torch.sigmoid(c.x, out=d)),
    "relu": pointwise(lambda c, d: torch.clamp_min(c.x, 0, out=d)),
    "leakyrelu": pointwise(lambda c, d: aten.leaky_relu.out(c.x, 0.01, out=d)),
    "relugrad": pointwise(lambda c, d: aten.threshold_backward.grad_input(c.y, c.x, 0, grad_input=d)),
    "elu": pointwise(lambda c, d: aten.elu.out(c.x, 1, out=d)),
    "gelu": pointwise(lambda c, d: aten.gelu.out(c.x, out=d)),
    "gelutanh": pointwise(lambda c, d: aten.gelu.out(c.x, approximate="tanh", out=d)),
    "silu": pointwise(lambda c, d: aten.silu.out(c.x, out=d)),
    "softmax": pointwise(lambda c, d: aten._softmax.out(c.x, 1, False, out=d)),
    "logsoftmax": pointwise(lambda c, d: aten._log_softmax.out(c.x, 1, False, out=d)),
    "crossentropy": crossentropy,
    "batchnorm": batchnorm,
    "batchnorminference": batchnorminference,
    "batchnormgrad": batchnormgrad,
    "layernorm": layernorm,
    "layernormgrad": layernormgrad,
    "sgdmomentum": optimiser(torch.optim.SGD, lr=1e-3, momentum=0.9),
    "adam": optimiser(torch.optim.Adam, lr=1e-3),
}


def main():
    print("ready", torch.__version__, torch.backends.cpu.get_cpu_capability() if hasattr(torch.backends, "cpu") else "", flush=True)
    run = None
    for line in sys.stdin:
        word = line.split()
        try:
            if word[0] == "open":
                torch.set_num_threads(int(word[4]))
                case = Case([int(s) for s in word[3].split("x")], {"f32": torch.float32, "f64": torch.float64}[word[2]])
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
