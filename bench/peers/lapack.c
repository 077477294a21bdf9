//go:build linux && cgo

#define _GNU_SOURCE
#include "clib.h"
#include <dlfcn.h>
#include <stddef.h>

static struct {
	void (*potrf)(const char *, const int *, double *, const int *, int *);
	void (*gesv)(const int *, const int *, double *, const int *, int *, double *, const int *, int *);
	void (*geqrf)(const int *, const int *, double *, const int *, double *, double *, const int *, int *);
	void (*gesvd)(const char *, const char *, const int *, const int *, double *, const int *, double *, double *, const int *,
		double *, const int *, double *, const int *, int *);
} lp;

const char *lapack_fill(void *lib) {
#define FIND(name) \
	if (!(*(void **)(&lp.name) = dlsym(lib, "d" #name "_"))) return "has no d" #name
	FIND(potrf);
	FIND(gesv);
	FIND(geqrf);
	FIND(gesvd);
	return NULL;
}

int lapack_potrf(int n, double *a) {
	int info;
	lp.potrf("L", &n, a, &n, &info);
	return info;
}

int lapack_gesv(int n, int nrhs, double *a, int *ipiv, double *b) {
	int info;
	lp.gesv(&n, &nrhs, a, &n, ipiv, b, &n, &info);
	return info;
}

int lapack_geqrf(int n, double *a, double *tau, double *work, int lwork) {
	int info;
	lp.geqrf(&n, &n, a, &n, tau, work, &lwork, &info);
	return info;
}

int lapack_gesvd(int vectors, int n, double *a, double *s, double *u, double *vt, double *work, int lwork) {
	int info;
	const char *job = vectors ? "S" : "N";
	lp.gesvd(job, job, &n, &n, a, &n, s, u, &n, vt, &n, work, &lwork, &info);
	return info;
}
