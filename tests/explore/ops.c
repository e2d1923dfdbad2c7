/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the two vCPUs can do: the bodies of hypercalls, on each frame, with each value. SETREF is a
 * guest's own write to its grant table. CONDEMN and KILL are the two parts of domain_kill(): the
 * first is done by the other CPU at any moment; the second, when the domain's vCPUs have stopped.
 * VISIT is two calls in a row, a pin and its unpin, between two steps of the other CPU.
 * END is both at once, while the other CPU, as the control domain's, works on the same domain.
 */
#include <stdio.h>
#include <string.h>

#include "core/tlb.h"
#include "world.h"

#define FLAGS (PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

/* --- the list --- */

static struct op *list;
static unsigned int count, room;

static void add(uint8_t kind, uint8_t slot, uint8_t frame, uint8_t arg)
{
	if ((setup->ops[slot] & OP(kind)) && count < room)
		list[count++] = (struct op){kind, slot, frame, 0, arg, 0, BUDGET_PLENTY};
}

/* The same, and once more such that it is interrupted at its first preemption point. */
static void add_cut(uint8_t kind, uint8_t slot, uint8_t frame, uint8_t arg)
{
	unsigned int before = count;

	add(kind, slot, frame, arg);
	add(kind, slot, frame, arg);
	if (count > before)
		list[count - 1].budget = -1;
}

static uint64_t value_of(unsigned int f, bool rw)
{
	return frame_mfn(frames[f]).n << PAGE_SHIFT | FLAGS | (rw ? PTE_RW : 0);
}

static void add_update(uint8_t slot, uint8_t f, uint8_t place, uint8_t to, uint64_t value)
{
	unsigned int before = count;

	add(UPDATE, slot, f, to);
	if (count == before)
		return;
	list[count - 1].index = place;
	list[count - 1].value = value;
	if (setup->top > FRAME_L1 && count < room) {
		list[count] = list[count - 1];
		list[count++].budget = -1;
	}
}

static void add_updates(uint8_t slot, uint8_t f)
{
	for (uint8_t place = 0; place < setup->places; place++) {
		add_update(slot, f, place, NONE, 0);
		for (uint8_t to = 0; to < frame_count; to++) {
			if (!(setup->targets >> to & 1))
				continue;
			add_update(slot, f, place, to, value_of(to, false));
			add_update(slot, f, place, to, value_of(to, true));
		}
	}
}

static void add_for_table(uint8_t slot, uint8_t f)
{
	for (uint8_t t = FRAME_L1; t <= setup->top; t++) {
		add_cut(PIN, slot, f, t);
		add_cut(HOLD, slot, f, t);
		add(VISIT, slot, f, t);
	}
	if (setup->descriptors)
		add_cut(HOLD, slot, f, FRAME_SEGDESC);
	add_cut(UNPIN, slot, f, 0);
	add_updates(slot, f);
	for (uint8_t readonly = 0; readonly < 2; readonly++)
		add(MAP, slot, f, readonly);
	add(UNMAP, slot, f, 0);
}

static void add_for_frame(uint8_t slot, uint8_t f)
{
	if (setup->tables[slot] >> f & 1)
		add_for_table(slot, f);
	add(HOLD, slot, f, FRAME_WRITABLE);
	add(BALLOON, slot, f, 0); /* given back */
	add(BALLOON, slot, f, 2); /* exchanged */
	for (uint8_t arg = 0; arg < 2; arg++) {
		add(SETREF, slot, f, arg); /* readonly */
		add(COPY, slot, f, arg);   /* from the grant, or into it */
	}
}

unsigned int ops_list(struct op *out, unsigned int size)
{
	list = out;
	count = 0;
	room = size;
	for (uint8_t slot = 0; slot < 2; slot++) {
		for (uint8_t f = 0; f < frame_count; f++)
			add_for_frame(slot, f);
		add(SETREF, slot, NONE, 0);
		add_cut(DROP, slot, NONE, 0);
		add(RELOAD, slot, NONE, 0);
		add(BALLOON, slot, NONE, 1); /* one more */
		add(CONDEMN, slot, NONE, 0);
		add_cut(KILL, slot, NONE, 0);
		add(END, slot, NONE, 0);
	}
	return count;
}

const char *op_text(const struct op *op)
{
	static const char *const names[] = {"pin",     "unpin",	  "hold", "drop",  "update",
					    "reload",  "setref",  "map",  "unmap", "copy",
					    "balloon", "condemn", "kill", "end",   "visit"};
	static char text[2][120];
	static unsigned int turn;
	char *t = text[turn++ % 2];
	int n = snprintf(t, sizeof(text[0]), "cpu%u %s", op->slot, names[op->kind]);

	if (op->frame != NONE)
		n += snprintf(t + n, sizeof(text[0]) - (size_t)n, " frame %u", op->frame);
	if (op->kind == UPDATE && !op->value)
		snprintf(t + n, sizeof(text[0]) - (size_t)n, " [%u] = 0", op->index);
	else if (op->kind == UPDATE)
		snprintf(t + n, sizeof(text[0]) - (size_t)n, " [%u] = frame %u %s", op->index,
			 op->arg, op->value & PTE_RW ? "rw" : "ro");
	else
		snprintf(t + n, sizeof(text[0]) - (size_t)n, " %u", op->arg);
	if (op->budget < 0)
		strcat(t, " (cut)");
	return t;
}

/* --- types and entries --- */

static struct domain *dom_of(const struct op *op)
{
	return doms[slot_dom(op->slot)];
}

static void hold(const struct op *op)
{
	struct hold *h = &x.hold[op->slot];

	if (h->frame != NONE || frame_get_and_type(frames[op->frame], dom_of(op), op->arg))
		return;
	*h = (struct hold){op->frame, op->arg};
}

static void drop(unsigned int slot)
{
	struct hold *h = &x.hold[slot];
	struct frame *f;

	if (h->frame == NONE)
		return;
	f = frames[h->frame];
	if (frame_put_type(f))
		return; /* it is to be repeated */
	h->frame = NONE;
	frame_put(f);
}

static void visit(const struct op *op)
{
	if (!mm_pin_table(dom_of(op), frame_mfn(frames[op->frame]), op->arg))
		(void)mm_unpin_table(dom_of(op), frame_mfn(frames[op->frame]));
}

static void update(const struct op *op)
{
	struct frame *f = frame_get_mfn(frame_mfn(frames[op->frame]), dom_of(op));

	if (!f)
		return;
	(void)mm_update_entry(vcpus[op->slot], f, places[op->index], op->value, false, dom_of(op));
	frame_put(f);
}

/* The CPU reloads CR3, as for another program. */
static void reload(unsigned int cpu)
{
	tlb_note_reload();
	machine_flush_all(1ULL << cpu);
}

/* --- grants: one entry of each domain's table, for the other --- */

/* What the other domain's entry offers now to the one in this slot. */
static void note_offer(unsigned int slot)
{
	const struct xen_grant_entry_v1 *e = &doms[!slot]->grants->shared[0][GRANT_REF];

	if ((e->flags & GTF_type_mask) == GTF_permit_access && e->domid == doms[slot]->id.id)
		x.offered[slot] |= e->flags & GTF_readonly ? MAY_READ : MAY_READ | MAY_WRITE;
}

/* A use begins. What is in use already was offered before. */
static void begin_use(unsigned int slot)
{
	const struct active *a = grant_active(!slot);

	x.offered[slot] = a->writers ? MAY_READ | MAY_WRITE : a->readers ? MAY_READ : 0;
	note_offer(slot);
}

static void end_use(unsigned int slot, bool done, bool writes)
{
	if (done && !(x.offered[slot] & (writes ? MAY_WRITE : MAY_READ)))
		check_failed("cpu %u uses a grant in a way that was not offered", slot);
	x.offered[slot] = 0;
}

static void set_reference(const struct op *op)
{
	struct xen_grant_entry_v1 *e = &dom_of(op)->grants->shared[0][GRANT_REF], new = {0};
	uint64_t word;

	if (op->frame != NONE)
		new = (struct xen_grant_entry_v1){
			.flags = (uint16_t)(GTF_permit_access | (op->arg ? GTF_readonly : 0)),
			.domid = doms[!op->slot]->id.id,
			.frame = (uint32_t)frame_mfn(frames[op->frame]).n,
		};
	memcpy(&word, &new, sizeof(word));
	__atomic_store_n((uint64_t *)(void *)e, word, __ATOMIC_SEQ_CST);
	note_offer(!op->slot);
}

static void map(const struct op *op)
{
	struct xen_gnttab_map_grant_ref r = {
		.host_addr = frame_mfn(frames[op->frame]).n << PAGE_SHIFT,
		.flags = GNTMAP_host_map | GNTMAP_contains_pte | (op->arg ? GNTMAP_readonly : 0),
		.ref = GRANT_REF,
		.dom = doms[!op->slot]->id.id,
	};

	if (x.mapped)
		return;
	begin_use(op->slot);
	if (grant_map_one(vcpus[op->slot], &r) == GNTST_okay) {
		x.mapped = true;
		x.handle = r.handle;
	}
	end_use(op->slot, x.mapped, !op->arg);
}

static void unmap(const struct op *op)
{
	struct xen_gnttab_unmap_grant_ref r = {
		.host_addr = frame_mfn(frames[op->frame]).n << PAGE_SHIFT,
		.handle = x.handle,
	};

	if (x.mapped && grant_unmap_one(vcpus[op->slot], &r) == GNTST_okay)
		x.mapped = false;
}

static void copy(const struct op *op)
{
	struct xen_gnttab_copy_ptr own = {.u.gmfn = frame_mfn(frames[op->frame]).n,
					  .domid = DOMID_SELF};
	struct xen_gnttab_copy_ptr granted = {.u.ref = GRANT_REF, .domid = doms[!op->slot]->id.id};
	struct xen_gnttab_copy c = {
		.source = op->arg ? granted : own,
		.dest = op->arg ? own : granted,
		.len = 8,
		.flags = op->arg ? GNTCOPY_source_gref : GNTCOPY_dest_gref,
	};

	begin_use(op->slot);
	end_use(op->slot, grant_copy_one(dom_of(op), &c) == GNTST_okay, !op->arg);
}

/* --- memory comes and goes --- */

static void release(struct domain *d, struct frame *wanted)
{
	struct frame *f = frame_get_mfn(frame_mfn(wanted), d);

	if (!f)
		return;
	(void)domain_release_frame(d, f);
	frame_put(f);
}

static void exchange(struct domain *d, struct frame *wanted)
{
	struct frame *old = domain_freeze_frame(d, frame_mfn(wanted)), *new;

	if (!old)
		return;
	new = domain_alloc_frames(d, 0, ALLOC_ZERO | ALLOC_FROZEN | ALLOC_BEYOND);
	domain_thaw_frame(d, new ? new : old);
	if (new)
		domain_free_frozen(old, 0);
}

static void balloon(const struct op *op)
{
	struct domain *d = dom_of(op);

	if (op->arg == 0)
		release(d, frames[op->frame]);
	else if (op->arg == 1)
		(void)domain_alloc_frames(d, 0, ALLOC_ZERO);
	else
		exchange(d, frames[op->frame]);
}

/* --- death, in the steps of domain_kill() --- */

static void condemn(const struct op *op)
{
	struct domain *d = doms[setup->one_domain ? 0 : !op->slot];

	__atomic_store_n(&d->dying, DOMAIN_DYING, __ATOMIC_RELEASE);
}

/* Its CPUs run something else now. */
static int kill_stop(unsigned int n)
{
	for (unsigned int cpu = 0; cpu < 2; cpu++)
		if (slot_dom(cpu) == n) {
			fake_cpus[cpu].tlb_seen = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
			machine_flush_all(1ULL << cpu);
		}
	if (n == 1)
		x.mapped = false;
	return 0;
}

static int kill_grants(unsigned int n)
{
	return grant_relinquish(doms[n]);
}

static int kill_vcpus(unsigned int n)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct hold *h = &x.hold[i];

		if (slot_dom(i) != n)
			continue;
		if (h->frame != NONE)
			frame_abandon_type(frames[h->frame]);
		h->frame = NONE;
		mm_drop_vcpu(vcpus[i]);
	}
	return 0;
}

static int kill_memory(unsigned int n)
{
	return mm_relinquish(doms[n]);
}

static void kill_on(unsigned int n)
{
	static int (*const steps[KILLED])(unsigned int) = {kill_stop, kill_grants, kill_vcpus,
							   kill_memory};

	if (x.kill_step[n] < KILLED && !steps[x.kill_step[n]](n))
		x.kill_step[n]++;
}

/* All of it, in one go. */
static void end(const struct op *op)
{
	unsigned int n = slot_dom(op->slot);

	__atomic_store_n(&doms[n]->dying, DOMAIN_DYING, __ATOMIC_RELEASE);
	while (x.kill_step[n] < KILLED)
		kill_on(n);
}

/* --- */

static void types_op(const struct op *op, struct domain *d)
{
	mfn_t m = op->frame == NONE ? INVALID_MFN : frame_mfn(frames[op->frame]);

	switch (op->kind) {
	case PIN:
		(void)mm_pin_table(d, m, op->arg);
		break;
	case UNPIN:
		(void)mm_unpin_table(d, m);
		break;
	case HOLD:
		hold(op);
		break;
	case DROP:
		drop(op->slot);
		break;
	case UPDATE:
		update(op);
		break;
	default:
		reload(op->slot);
	}
}

static void other_op(const struct op *op)
{
	switch (op->kind) {
	case SETREF:
		set_reference(op);
		break;
	case MAP:
		map(op);
		break;
	case UNMAP:
		unmap(op);
		break;
	case COPY:
		copy(op);
		break;
	case BALLOON:
		balloon(op);
		break;
	case END:
		end(op);
		break;
	case VISIT:
		visit(op);
		break;
	default:
		condemn(op);
	}
}

void op_run(const struct op *op)
{
	bool alive = dom_of(op)->dying == DOMAIN_ALIVE;

	if (op->kind == KILL) {
		if (!alive && (op->slot == 0 || !setup->one_domain))
			kill_on(slot_dom(op->slot));
	} else if (alive) {
		if (op->kind <= RELOAD)
			types_op(op, dom_of(op));
		else
			other_op(op);
	}
}
