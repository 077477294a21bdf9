//go:build linux && cgo && (amd64 || arm64)

// gonum's netlib bindings want a BLAS at link time, which would be loaded before
// OPENBLAS_CORETYPE can be set and would be needed by everybody who builds this.
// So every name they refer to is here a jump to what was found at run time.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

#define NAMES(X) \
	X(caxpy) X(ccopy) X(cdotc_sub) X(cdotu_sub) X(cgbmv) X(cgemm) X(cgemv) X(cgerc) X(cgeru) X(chbmv) X(chemm) \
	X(chemv) X(cher) X(cher2) X(cher2k) X(cherk) X(chpmv) X(chpr) X(chpr2) X(cscal) X(csscal) X(cswap) X(csymm) \
	X(csyr2k) X(csyrk) X(ctbmv) X(ctbsv) X(ctpmv) X(ctpsv) X(ctrmm) X(ctrmv) X(ctrsm) X(ctrsv) X(dasum) X(daxpy) \
	X(dcopy) X(ddot) X(dgbmv) X(dgemm) X(dgemv) X(dger) X(dnrm2) X(drot) X(drotg) X(drotm) X(drotmg) X(dsbmv) \
	X(dscal) X(dsdot) X(dspmv) X(dspr) X(dspr2) X(dswap) X(dsymm) X(dsymv) X(dsyr) X(dsyr2) X(dsyr2k) X(dsyrk) \
	X(dtbmv) X(dtbsv) X(dtpmv) X(dtpsv) X(dtrmm) X(dtrmv) X(dtrsm) X(dtrsv) X(dzasum) X(dznrm2) X(icamax) X(idamax) \
	X(isamax) X(izamax) X(sasum) X(saxpy) X(scasum) X(scnrm2) X(scopy) X(sdot) X(sdsdot) X(sgbmv) X(sgemm) X(sgemv) \
	X(sger) X(snrm2) X(srot) X(srotg) X(srotm) X(srotmg) X(ssbmv) X(sscal) X(sspmv) X(sspr) X(sspr2) X(sswap) \
	X(ssymm) X(ssymv) X(ssyr) X(ssyr2) X(ssyr2k) X(ssyrk) X(stbmv) X(stbsv) X(stpmv) X(stpsv) X(strmm) X(strmv) \
	X(strsm) X(strsv) X(zaxpy) X(zcopy) X(zdotc_sub) X(zdotu_sub) X(zdscal) X(zgbmv) X(zgemm) X(zgemv) X(zgerc) \
	X(zgeru) X(zhbmv) X(zhemm) X(zhemv) X(zher) X(zher2) X(zher2k) X(zherk) X(zhpmv) X(zhpr) X(zhpr2) X(zscal) \
	X(zswap) X(zsymm) X(zsyr2k) X(zsyrk) X(ztbmv) X(ztbsv) X(ztpmv) X(ztpsv) X(ztrmm) X(ztrmv) X(ztrsm) X(ztrsv)

#define SLOT(n) __attribute__((visibility("hidden"))) void *peers_slot_##n;
NAMES(SLOT)

#ifdef __x86_64__
#define JUMP(n) "\tendbr64\n\tjmp *peers_slot_" n "(%rip)\n"
#else
#define JUMP(n) "\tadrp x16, peers_slot_" n "\n\tldr x16, [x16, :lo12:peers_slot_" n "]\n\tbr x16\n"
#endif
#define TRAMPOLINE(n) \
	__asm__(".text\n\t.p2align 4\n\t.globl cblas_" #n "\n\t.type cblas_" #n ", %function\ncblas_" #n ":\n" JUMP(#n) \
		"\t.size cblas_" #n ", . - cblas_" #n "\n");
NAMES(TRAMPOLINE)

// Fills the slots from the library opened as h; the first name it has not, or NULL.
const char *trampolines_fill(void *h) {
#define FILL(n) \
	if (!(peers_slot_##n = dlsym(h, "cblas_" #n))) return "has no cblas_" #n;
	NAMES(FILL)
	return NULL;
}
