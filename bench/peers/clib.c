//go:build linux && cgo

#define _GNU_SOURCE
#include "clib.h"
#include <dlfcn.h>
#include <stddef.h>

typedef int blasint; // of the LP64 build, which is what the plain name has
enum { RowMajor = 101, NoTrans = 111, Trans = 112 };

static struct {
	char *(*corename)(void);
	char *(*config)(void);
	void (*threads)(int);
	void *lib;
	void (*sgemm)(int, int, int, blasint, blasint, blasint, float, const float *, blasint, const float *, blasint, float, float *, blasint);
	void (*dgemm)(int, int, int, blasint, blasint, blasint, double, const double *, blasint, const double *, blasint, double, double *, blasint);
	void (*sgemv)(int, int, blasint, blasint, float, const float *, blasint, const float *, blasint, float, float *, blasint);
	void (*dgemv)(int, int, blasint, blasint, double, const double *, blasint, const double *, blasint, double, double *, blasint);
} ob;

static struct {
	int (*sgemm)(char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t, float, float *, int64_t);
	void (*omp)(int);
	void *lib;
	int version[3], isa;
} dn;

#define FIND(where, h, name) \
	if (!(*(void **)(&(where)) = dlsym(h, name))) return "has no " name

const char *openblas_open(void) {
	void *h = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
	if (!h) h = dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
	if (!h) return "is not installed";
	ob.lib = h;
	FIND(ob.corename, h, "openblas_get_corename");
	FIND(ob.config, h, "openblas_get_config");
	FIND(ob.threads, h, "openblas_set_num_threads");
	FIND(ob.sgemm, h, "cblas_sgemm");
	FIND(ob.dgemm, h, "cblas_dgemm");
	FIND(ob.sgemv, h, "cblas_sgemv");
	FIND(ob.dgemv, h, "cblas_dgemv");
	return NULL;
}

const char *openblas_core(void) { return ob.corename(); }
const char *openblas_config(void) { return ob.config(); }

void openblas_nothing(void) {}

void openblas_threads(int threads) {
	static int current;
	if (threads != current) ob.threads(current = threads);
}

const char *trampolines_fill(void *lib);
const char *openblas_netlib(void) {
#if defined __x86_64__ || defined __aarch64__
	return ob.lib ? trampolines_fill(ob.lib) : "is not open";
#else
	return "is not reached from here";
#endif
}

const char *lapack_fill(void *lib);
const char *openblas_lapack(void) { return ob.lib ? lapack_fill(ob.lib) : "is not open"; }

void openblas_gemm(int f64, int threads, int iters, int ta, int tb, int m, int n, int k, const void *a, const void *b, void *c) {
	openblas_threads(threads);
	int oa = ta ? Trans : NoTrans, tr = tb ? Trans : NoTrans, lda = ta ? m : k, ldb = tb ? k : n;
	int rows = tb ? n : k, cols = tb ? k : n, tv = tb ? NoTrans : Trans; // c = op(B)^T a
	for (int i = 0; i < iters; i++) {
		if (m == 1 && f64)
			ob.dgemv(RowMajor, tv, rows, cols, 1, b, cols, a, 1, 0, c, 1);
		else if (m == 1)
			ob.sgemv(RowMajor, tv, rows, cols, 1, b, cols, a, 1, 0, c, 1);
		else if (f64)
			ob.dgemm(RowMajor, oa, tr, m, n, k, 1, a, lda, b, ldb, 0, c, n);
		else
			ob.sgemm(RowMajor, oa, tr, m, n, k, 1, a, lda, b, ldb, 0, c, n);
	}
}

const char *onednn_open(void) {
	static const char *names[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so", NULL};
	void *h = NULL;
	for (int i = 0; !h && names[i]; i++) h = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (!h) return "is not installed";
	struct version { int major, minor, patch; } *(*version)(void);
	int (*isa)(void);
	FIND(dn.sgemm, h, "dnnl_sgemm");
	FIND(version, h, "dnnl_version");
	FIND(isa, h, "dnnl_get_effective_cpu_isa");
	*(void **)(&dn.omp) = dlsym(h, "omp_set_num_threads"); // finds libgomp's through h
	if (!dn.omp) return "is built without OpenMP: its threads could not be set";
	dn.lib = h;
	struct version *v = version();
	dn.version[0] = v->major, dn.version[1] = v->minor, dn.version[2] = v->patch;
	dn.isa = isa();
	return NULL;
}

void onednn_version(int *major, int *minor, int *patch, int *isa) {
	*major = dn.version[0], *minor = dn.version[1], *patch = dn.version[2], *isa = dn.isa;
}

int onednn_sgemm(int threads, int iters, int ta, int tb, int m, int n, int k, const float *a, const float *b, float *c) {
	int bad = 0;
	dn.omp(threads);
	for (int i = 0; i < iters; i++)
		bad |= dn.sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1, a, ta ? m : k, b, tb ? k : n, 0, c, n);
	return bad;
}

void onednn_threads(int threads) { dn.omp(threads); }

const char *innerproduct_new(void *lib, int threads, int m, int n, int k, float *x, float *w, float *bias, float *out, void **made);

const char *onednn_layer(int threads, int m, int n, int k, float *x, float *w, float *bias, float *out, void **made) {
	return innerproduct_new(dn.lib, threads, m, n, k, x, w, bias, out, made);
}
