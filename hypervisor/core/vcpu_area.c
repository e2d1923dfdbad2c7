/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Areas of guest memory that a guest registers for a vCPU: its vcpu_info (by frame, held with a
 * writable reference), run states and time (by address in the guest's kernel, written only while
 * the vCPU is loaded, so that a bad address harms nobody).
 */
#include "core/domain.h"
#include "core/frame.h"
#include "core/guest_access.h"
#include "core/machine.h"
#include "core/mm.h"
#include "core/sched.h"
#include "core/time_info.h"
#include "lib/string.h"
#include "shoji/errno.h"
#include "shoji/hypercalls.h"

static bool info_place_ok(uint32_t offset)
{
	return offset % _Alignof(struct xen_vcpu_info) == 0 &&
	       offset <= PAGE_SIZE - sizeof(struct xen_vcpu_info);
}

/* v is current or does not run: nobody else uses v->info by value. The two places may overlap: a
 * guest is free to choose one in its shared info page, across the old one. */
static void move_info(struct vcpu *v, struct xen_vcpu_info *to)
{
	struct xen_vcpu_info old = *v->info;

	*to = old;
	__atomic_store_n(&v->info, to, __ATOMIC_SEQ_CST);
	machine_vcpu_info_moved(v);
	/* What arrived in the old place while we moved must not be lost. */
	to->evtchn_pending_sel = ~0UL;
	__atomic_store_n(&to->evtchn_upcall_pending, 0, __ATOMIC_RELEASE);
	vcpu_mark_events_pending(v);
}

static int register_info(struct vcpu *v, mfn_t m, uint32_t offset)
{
	struct frame *f;
	int rc;

	if (v->info_frame || !info_place_ok(offset))
		return -XEN_EINVAL;
	if (v != current_vcpu() && !(v->pause_flags & VPAUSE_DOWN))
		return -XEN_EINVAL;
	f = frame_get_mfn(m, v->domain);
	if (!f)
		return -XEN_EINVAL;
	rc = frame_get_type(f, FRAME_WRITABLE);
	if (rc) {
		frame_put(f);
		return -XEN_EINVAL;
	}
	v->info_frame = f;
	move_info(v, (struct xen_vcpu_info *)((char *)machine_map(m) + offset));
	return 0;
}

int vcpu_register_info(struct vcpu *v, mfn_t m, uint32_t offset)
{
	int rc;

	if (!vcpu_claim(v))
		return -XEN_EBUSY;
	rc = register_info(v, m, offset);
	vcpu_release(v);
	return rc;
}

void vcpu_unregister_info(struct vcpu *v)
{
	struct frame *f = v->info_frame;

	v->info = &v->entry->spare_info;
	machine_vcpu_info_moved(v);
	v->info_frame = NULL;
	if (f)
		frame_put_and_type(f);
}

void vcpu_update_runstate(struct vcpu *v, int state, nsec_t now)
{
	struct xen_vcpu_runstate_info *r = &v->runstate;

	if (now > r->state_entry_time) {
		r->time[r->state] += now - r->state_entry_time;
		r->state_entry_time = now;
	}
	r->state = state;
}

void vcpu_get_runstate(struct vcpu *v, struct xen_vcpu_runstate_info *out)
{
	struct cpu *c = sched_lock_cpu_of(v);
	nsec_t now = machine_now();

	*out = v->runstate;
	spin_unlock(&c->run_lock);
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

/* One page's part of what write_by_walk() does. */
static bool write_page_by_walk(struct vcpu *v, gva_t to, const void *from, size_t bytes)
{
	mfn_t table, m;
	uint64_t e = mm_walk_root(v->cr3_kernel, to.a, &table);
	struct frame *f;

	if (!(e & PTE_PRESENT) || !(e & PTE_RW))
		return false;
	m = mfn((e & PTE_FRAME) >> PAGE_SHIFT);
	f = frame_get_mfn(m, v->domain);
	if (!f)
		return false;
	if (frame_get_type(f, FRAME_WRITABLE)) {
		frame_put(f);
		return false;
	}
	memcpy((char *)machine_map(m) + to.a % PAGE_SIZE, from, bytes);
	frame_put_and_type(f);
	return true;
}

/* By the kernel's tables, which are not the loaded ones while the guest is in its user mode. */
static bool write_by_walk(struct vcpu *v, gva_t to, const void *from, size_t bytes)
{
	const char *p = from;

	while (bytes) {
		size_t part = MIN(bytes, PAGE_SIZE - to.a % PAGE_SIZE);

		if (!write_page_by_walk(v, to, p, part))
			return false;
		to = gva_add(to, part);
		p += part;
		bytes -= part;
	}
	return true;
}

static bool write_area(struct vcpu *v, gva_t to, const void *from, size_t bytes)
{
	if (v->entry->user_mode)
		return write_by_walk(v, to, from, bytes);
	return !guest_write(to, from, bytes);
}

/* With the guest's consent, readers on other vCPUs are told by a flag that an update is going on.
 */
void vcpu_write_runstate(struct vcpu *v)
{
	struct xen_vcpu_runstate_info r = v->runstate;
	gva_t entry_time = gva_add(v->runstate_area,
				   offsetof(struct xen_vcpu_runstate_info, state_entry_time));
	uint64_t flagged = r.state_entry_time | XEN_RUNSTATE_UPDATE;

	if (!(v->domain->vm_assist & (1UL << VMASST_TYPE_runstate_update_flag))) {
		(void)write_area(v, v->runstate_area, &r, sizeof(r));
		return;
	}
	if (!write_area(v, entry_time, &flagged, sizeof(flagged)))
		return;
	r.state_entry_time |= XEN_RUNSTATE_UPDATE;
	(void)write_area(v, v->runstate_area, &r, sizeof(r));
	r.state_entry_time &= ~XEN_RUNSTATE_UPDATE;
	(void)write_area(v, entry_time, &r.state_entry_time, sizeof(r.state_entry_time));
}

void vcpu_write_time(struct vcpu *v)
{
	struct xen_vcpu_time_info t = time_info_record();

	time_info_update(v);
	if (v->time_area.a)
		(void)write_area(v, v->time_area, &t, sizeof(t));
}

int vcpu_register_runstate(struct vcpu *v, gva_t area)
{
	if (!guest_range_ok(area, sizeof(struct xen_vcpu_runstate_info)))
		return -XEN_EFAULT;
	v->runstate_area = area;
	if (v == current_vcpu())
		vcpu_write_runstate(v);
	return 0;
}

int vcpu_register_time(struct vcpu *v, gva_t area)
{
	struct xen_vcpu_time_info t = time_info_record();

	if (!guest_range_ok(area, sizeof(t)))
		return -XEN_EFAULT;
	if (area.a && v == current_vcpu() && !write_area(v, area, &t, sizeof(t)))
		return -XEN_EFAULT;
	v->time_area = area;
	return 0;
}
