// The C libraries, opened at run time: no header and no -dev package is needed to
// build, and the environment can be set before a library reads it.
#include <stdint.h>

// Each returns NULL, or what went wrong.
const char *openblas_open(void);
const char *onednn_open(void);

const char *openblas_netlib(void); // after openblas_open, as the next
const char *openblas_lapack(void);

void openblas_threads(int threads);
void openblas_nothing(void);
const char *openblas_core(void);
const char *openblas_config(void);
void onednn_version(int *major, int *minor, int *patch, int *isa);

// iters products C = op(A)·op(B), row-major, no leading dimension longer than a
// row. m = 1 goes to OpenBLAS's matrix-vector product, its better call there.
void openblas_gemm(int f64, int threads, int iters, int ta, int tb, int m, int n, int k, const void *a, const void *b, void *c);
int onednn_sgemm(int threads, int iters, int ta, int tb, int m, int n, int k, const float *a, const float *b, float *c);

// A fully connected layer with ReLU, its weights (n rows of k) reordered once. The
// memory stays the caller's, and where it is, until innerproduct_free.
const char *onednn_layer(int threads, int m, int n, int k, float *x, float *w, float *bias, float *out, void **made);
void innerproduct_run(void *made, int threads, int iters);
void innerproduct_free(void *made);

// OpenBLAS's LAPACK on one n x n matrix of doubles, by columns. Each returns info:
// 0, or the column of trouble.
int lapack_potrf(int n, double *a);                                  // of the lower triangle
int lapack_gesv(int n, int nrhs, double *a, int *ipiv, double *b);   // factors and solution
int lapack_geqrf(int n, double *a, double *tau, double *work, int lwork);
int lapack_gesvd(int vectors, int n, double *a, double *s, double *u, double *vt, double *work, int lwork);
