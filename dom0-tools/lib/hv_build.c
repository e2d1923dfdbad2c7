/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv_build.c: control calls that fill a new domain: memory, ports, the first vCPU's state.
 *
 * Large batches: a guest of 128 MiB is 64 extents of 2 MiB, one call. When no large extent is to
 * be had, the rest comes in single frames.
 */
#include "hv_internal.h"

#include <errno.h>
#include <string.h>

#include "shoji/arch.h"
#include "shoji/event_channel.h"
#include "shoji/extension.h"
#include "shoji/memory.h"
#include "shoji/mmu.h"

#define LARGE_ORDER 9u

/* `count` extents from pfn on; bases are left in hv->data. Returns how many were made. */
static long populate_extents(struct hv *hv, uint16_t domid, uint64_t pfn, uint64_t count,
			     unsigned int order)
{
	struct xen_memory_reservation *r = hv->arg;
	uint64_t *bases = hv->data;

	for (uint64_t i = 0; i < count; i++)
		bases[i] = pfn + (i << order);
	memset(r, 0, sizeof(*r));
	r->extent_start = hv_handle(bases);
	r->nr_extents = count;
	r->extent_order = order;
	r->domid = domid;
	return xa_call_2(hv->xc, HYPERCALL_memory_op, XENMEM_populate_physmap, hv_handle(r));
}

/* As many extents of one order as fit into `count` frames, in batches. Returns frames made. */
static uint64_t populate_order(struct hv *hv, uint16_t domid, uint64_t pfn, uint64_t count,
			       unsigned int order, uint64_t *mfns)
{
	const uint64_t *bases = hv->data;
	uint64_t done = 0, max = HV_DATA_SIZE / sizeof(uint64_t);

	while ((count - done) >> order) {
		uint64_t batch = (count - done) >> order;
		long made;

		if (batch > max)
			batch = max;
		made = populate_extents(hv, domid, pfn + done, batch, order);
		for (long i = 0; i < made; i++)
			for (uint64_t j = 0; j < 1ull << order; j++)
				mfns[done + ((uint64_t)i << order) + j] = bases[i] + j;
		done += made > 0 ? (uint64_t)made << order : 0;
		if (made < 0 || (uint64_t)made < batch)
			break;
	}
	return done;
}

int hv_memory_populate(struct hv *hv, uint16_t domid, uint64_t pfn, uint64_t count, uint64_t *mfns,
		       uint64_t *done)
{
	*done = populate_order(hv, domid, pfn, count, LARGE_ORDER, mfns);
	*done += populate_order(hv, domid, pfn + *done, count - *done, 0, mfns + *done);
	return *done == count ? 0 : -ENOMEM;
}

static int mmuext(struct hv *hv, uint16_t domid, unsigned int count)
{
	return (int)xa_call_4(hv->xc, HYPERCALL_mmuext_op, hv_handle(hv->data), count, 0, domid);
}

bool hv_memory_is_zeroed(struct hv *hv)
{
	return xa_call_2(hv->xc, HYPERCALL_shoji_version, SHOJI_VERSION_abi, 0) >= 1;
}

int hv_memory_clear(struct hv *hv, uint16_t domid, const uint64_t *mfns, unsigned int count)
{
	struct xen_mmuext_op *ops = hv->data;
	unsigned int max = HV_DATA_SIZE / sizeof(*ops);

	for (unsigned int done = 0, batch; done < count; done += batch) {
		int rc;

		batch = count - done < max ? count - done : max;
		for (unsigned int i = 0; i < batch; i++) {
			ops[i].cmd = MMUEXT_CLEAR_PAGE;
			ops[i].arg1.mfn = mfns[done + i];
			ops[i].arg2.src_mfn = 0;
		}
		rc = mmuext(hv, domid, batch);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int hv_hypercall_page(struct hv *hv, uint16_t domid, uint64_t mfn)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_hypercall_init, domid);

	op->u.hypercall_init.gmfn = mfn;
	return hv_domctl(hv);
}

int hv_pin_l4(struct hv *hv, uint16_t domid, uint64_t mfn)
{
	struct xen_mmuext_op *op = hv->data;

	memset(op, 0, sizeof(*op));
	op->cmd = MMUEXT_PIN_L4_TABLE;
	op->arg1.mfn = mfn;
	return mmuext(hv, domid, 1);
}

int hv_port_alloc(struct hv *hv, uint16_t domid, uint16_t remote, uint32_t *port)
{
	struct xen_evtchn_alloc_unbound *op = hv->arg;
	long rc;

	memset(op, 0, sizeof(*op));
	op->dom = domid;
	op->remote_dom = remote;
	rc = xa_call_2(hv->xc, HYPERCALL_event_channel_op, EVTCHNOP_alloc_unbound, hv_handle(op));
	*port = op->port;
	return (int)rc;
}

int hv_vcpu_set_entry(struct hv *hv, uint16_t domid, const struct hv_entry_state *state)
{
	struct xen_domctl *op = hv_domctl_begin(hv, XEN_DOMCTL_setvcpucontext, domid);
	struct xen_vcpu_guest_context *c = hv->data;

	memset(c, 0, sizeof(*c));
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = state->rip;
	c->user_regs.rsp = state->rsp;
	c->user_regs.rsi = state->rsi;
	c->user_regs.rflags = 1u << 9; /* interrupts on, as far as the hypervisor is concerned */
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
	c->user_regs.fs = c->user_regs.gs = FLAT_KERNEL_DS;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = state->rsp;
	c->ctrlreg[3] = xen_pfn_to_cr3(state->cr3_mfn);
	op->u.vcpucontext.vcpu = 0;
	op->u.vcpucontext.ctxt = hv_handle(c);
	return hv_domctl(hv);
}
