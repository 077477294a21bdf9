//go:build linux && cgo

// oneDNN's inner product: out = ReLU(x·W^T + bias), the weights reordered
// beforehand into the layout it asks for. Its descriptors are structs of the
// header, so this part is there only if oneDNN 2's header is at build time.

#include "clib.h"
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_include)
#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#endif
#endif

#if DNNL_VERSION_MAJOR != 2

const char *innerproduct_new(void *lib, int threads, int m, int n, int k, float *x, float *w, float *bias, float *out, void **made) {
	return "needs the header of oneDNN 2 when peers is built (libdnnl-dev)";
}
void innerproduct_run(void *made, int threads, int iters) {}
void innerproduct_free(void *made) {}

#else

#define FUNCTIONS(F) \
	F(dnnl_engine_create) F(dnnl_engine_destroy) F(dnnl_stream_create) F(dnnl_stream_destroy) F(dnnl_stream_wait) \
	F(dnnl_memory_desc_init_by_tag) F(dnnl_inner_product_forward_desc_init) F(dnnl_post_ops_create) F(dnnl_post_ops_destroy) \
	F(dnnl_post_ops_append_eltwise) F(dnnl_primitive_attr_create) F(dnnl_primitive_attr_destroy) \
	F(dnnl_primitive_attr_set_post_ops) F(dnnl_primitive_desc_create) F(dnnl_primitive_desc_destroy) \
	F(dnnl_primitive_desc_query_md) F(dnnl_memory_create) F(dnnl_memory_destroy) F(dnnl_primitive_create) \
	F(dnnl_primitive_destroy) F(dnnl_primitive_execute) F(dnnl_reorder_primitive_desc_create)

#define DECLARE(f) static typeof(&f) p_##f;
FUNCTIONS(DECLARE)

typedef struct {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	dnnl_memory_t x, w, plain, bias, out;
	dnnl_primitive_t prim;
} layer;

void onednn_threads(int threads);

void innerproduct_free(void *made) {
	layer *l = made;
	if (!l) return;
	dnnl_memory_t mem[] = {l->x, l->w, l->plain, l->bias, l->out};
	if (l->prim) p_dnnl_primitive_destroy(l->prim);
	for (int i = 0; i < 5; i++)
		if (mem[i]) p_dnnl_memory_destroy(mem[i]);
	if (l->stream) p_dnnl_stream_destroy(l->stream);
	if (l->engine) p_dnnl_engine_destroy(l->engine);
	free(l);
}

#define TRY(call) \
	if ((call) != dnnl_success) { innerproduct_free(l); return "refuses: " #call; }

const char *innerproduct_new(void *lib, int threads, int m, int n, int k, float *x, float *w, float *bias, float *out, void **made) {
#define LOAD(f) if (!(*(void **)(&p_##f) = dlsym(lib, #f))) return "has no " #f;
	FUNCTIONS(LOAD)
	onednn_threads(threads); // the choice of kernel depends on it
	layer *l = calloc(1, sizeof *l);
	if (!l) return "has no memory";
	dnnl_memory_desc_t dx, dw, dplain, db, dout;
	dnnl_dims_t nx = {m, k}, nw = {n, k}, nb = {n}, nout = {m, n};
	TRY(p_dnnl_engine_create(&l->engine, dnnl_cpu, 0));
	TRY(p_dnnl_stream_create(&l->stream, l->engine, dnnl_stream_default_flags));
	TRY(p_dnnl_memory_desc_init_by_tag(&dx, 2, nx, dnnl_f32, dnnl_ab));
	TRY(p_dnnl_memory_desc_init_by_tag(&dw, 2, nw, dnnl_f32, dnnl_format_tag_any));
	TRY(p_dnnl_memory_desc_init_by_tag(&dplain, 2, nw, dnnl_f32, dnnl_ab));
	TRY(p_dnnl_memory_desc_init_by_tag(&db, 1, nb, dnnl_f32, dnnl_a));
	TRY(p_dnnl_memory_desc_init_by_tag(&dout, 2, nout, dnnl_f32, dnnl_ab));

	dnnl_post_ops_t post;
	dnnl_primitive_attr_t attr;
	TRY(p_dnnl_post_ops_create(&post));
	TRY(p_dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0));
	TRY(p_dnnl_primitive_attr_create(&attr));
	TRY(p_dnnl_primitive_attr_set_post_ops(attr, post));
	dnnl_inner_product_desc_t desc;
	dnnl_primitive_desc_t pd, reorder_pd;
	TRY(p_dnnl_inner_product_forward_desc_init(&desc, dnnl_forward_inference, &dx, &dw, &db, &dout));
	TRY(p_dnnl_primitive_desc_create(&pd, &desc, attr, l->engine, NULL));
	const dnnl_memory_desc_t *best = p_dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
	TRY(p_dnnl_memory_create(&l->x, &dx, l->engine, x));
	TRY(p_dnnl_memory_create(&l->plain, &dplain, l->engine, w));
	TRY(p_dnnl_memory_create(&l->w, best, l->engine, DNNL_MEMORY_ALLOCATE));
	TRY(p_dnnl_memory_create(&l->bias, &db, l->engine, bias));
	TRY(p_dnnl_memory_create(&l->out, &dout, l->engine, out));

	dnnl_primitive_t reorder;
	TRY(p_dnnl_reorder_primitive_desc_create(&reorder_pd, &dplain, l->engine, best, l->engine, NULL));
	TRY(p_dnnl_primitive_create(&reorder, reorder_pd));
	dnnl_exec_arg_t from_to[] = {{DNNL_ARG_FROM, l->plain}, {DNNL_ARG_TO, l->w}};
	TRY(p_dnnl_primitive_execute(reorder, l->stream, 2, from_to));
	TRY(p_dnnl_stream_wait(l->stream));
	TRY(p_dnnl_primitive_create(&l->prim, pd));
	p_dnnl_primitive_destroy(reorder);
	p_dnnl_primitive_desc_destroy(reorder_pd);
	p_dnnl_primitive_desc_destroy(pd);
	p_dnnl_primitive_attr_destroy(attr);
	p_dnnl_post_ops_destroy(post);
	*made = l;
	return NULL;
}

void innerproduct_run(void *made, int threads, int iters) {
	layer *l = made;
	onednn_threads(threads);
	dnnl_exec_arg_t args[] = {{DNNL_ARG_SRC, l->x}, {DNNL_ARG_WEIGHTS, l->w}, {DNNL_ARG_BIAS, l->bias}, {DNNL_ARG_DST, l->out}};
	for (int i = 0; i < iters; i++) {
		p_dnnl_primitive_execute(l->prim, l->stream, 4, args);
		p_dnnl_stream_wait(l->stream);
	}
}

#endif
