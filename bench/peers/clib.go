//go:build linux && cgo

package main

// #cgo CFLAGS: -O2
// #cgo LDFLAGS: -ldl
// #include "clib.h"
import "C"

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"github.com/lanes-go/lanes/tensor"
)

// Threads of the C libraries spin after a call, and would be in the way of the
// next peer's second thread; this bounds it to about 100 µs, more than the gap
// between two calls of one sample. They read it when they are opened.
func calmThreads() {
	os.Setenv("OPENBLAS_THREAD_TIMEOUT", "18") // log2 of cycles
	os.Setenv("GOMP_SPINCOUNT", "20000")
}

func openOpenBLAS(core string) (desc string, err error) {
	calmThreads()
	if core != "" {
		os.Setenv("OPENBLAS_CORETYPE", core)
	}
	if e := C.openblas_open(); e != nil {
		return "", errors.New("OpenBLAS " + C.GoString(e))
	}
	return fmt.Sprintf("%s; runs %s kernels", C.GoString(C.openblas_config()), C.GoString(C.openblas_core())), nil
}

func openblasThreads(n int) { C.openblas_threads(C.int(n)) }
func openblasCore() string  { return C.GoString(C.openblas_core()) }

// dnnlISA names dnnl_cpu_isa_t as its headers do, in oneDNN 2 and 3.
var dnnlISA = map[C.int]string{
	0x1: "sse41", 0x3: "avx", 0x7: "avx2", 0xf: "avx2_vnni", 0x17: "avx512_mic", 0x27: "avx512_core",
	0x67: "avx512_core_vnni", 0xe7: "avx512_core_bf16", 0x1ef: "avx512_core_fp16", 0xfef: "avx512_core_amx",
}

func openOneDNN() (desc string, err error) {
	calmThreads()
	if e := C.onednn_open(); e != nil {
		return "", errors.New("oneDNN " + C.GoString(e))
	}
	var major, minor, patch, isa C.int
	C.onednn_version(&major, &minor, &patch, &isa)
	name := dnnlISA[isa]
	if name == "" {
		name = fmt.Sprintf("isa %#x", int(isa))
	}
	return fmt.Sprintf("oneDNN %d.%d.%d; runs %s kernels", major, minor, patch, name), nil
}

func cbool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

func openblasRun[T tensor.Float](s shape, tr trans, threads int, a, b, c []T) func(int) {
	return func(iters int) {
		C.openblas_gemm(cbool(unsafe.Sizeof(c[0]) == 8), C.int(threads), C.int(iters), cbool(tr.a), cbool(tr.b),
			C.int(s.m), C.int(s.n), C.int(s.k), unsafe.Pointer(&a[0]), unsafe.Pointer(&b[0]), unsafe.Pointer(&c[0]))
	}
}

func onednnRun(s shape, tr trans, threads int, a, b, c []float32) func(int) {
	return func(iters int) {
		C.onednn_sgemm(C.int(threads), C.int(iters), cbool(tr.a), cbool(tr.b), C.int(s.m), C.int(s.n), C.int(s.k),
			(*C.float)(&a[0]), (*C.float)(&b[0]), (*C.float)(&c[0]))
	}
}

// onednnLayer makes oneDNN's inner product with ReLU of weights stored n x k. It
// keeps addresses of the slices, so they are pinned until free.
func onednnLayer(s shape, threads int, x, w, bias, out []float32) (run func(int), free func(), err error) {
	var pin runtime.Pinner
	for _, p := range [][]float32{x, w, bias, out} {
		pin.Pin(&p[0])
	}
	var made unsafe.Pointer
	if e := C.onednn_layer(C.int(threads), C.int(s.m), C.int(s.n), C.int(s.k), (*C.float)(&x[0]), (*C.float)(&w[0]),
		(*C.float)(&bias[0]), (*C.float)(&out[0]), &made); e != nil {
		pin.Unpin()
		return nil, nil, errors.New("oneDNN " + C.GoString(e))
	}
	run = func(iters int) { C.innerproduct_run(made, C.int(threads), C.int(iters)) }
	return run, func() { C.innerproduct_free(made); pin.Unpin() }, nil
}
