/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests' page tables: validation, updates, the calls around them. Each guest table is a typed
 * frame (core/frame.h); an entry may be written only after what it points at was checked and
 * referenced.
 */
#ifndef SHOJI_CORE_MM_H
#define SHOJI_CORE_MM_H

#include "core/frame.h"
#include "core/vcpu.h"
#include "shoji/memory.h"
#include "shoji/mmu.h"

struct domain;
struct vcpu;

#define PTE_PRESENT  0x001ULL
#define PTE_RW	     0x002ULL
#define PTE_USER     0x004ULL
#define PTE_PWT	     0x008ULL
#define PTE_PCD	     0x010ULL
#define PTE_ACCESSED 0x020ULL
#define PTE_DIRTY    0x040ULL
#define PTE_PSE	     0x080ULL /* PAT in an L1 entry */
#define PTE_GLOBAL   0x100ULL
#define PTE_AVAIL    0xe00ULL
#define PTE_SOFT     (0x7fULL << 52) /* ignored by the CPU */
#define PTE_NX	     (1ULL << 63)
#define PTE_FRAME    0x000ffffffffff000ULL

/* Called when a table gains or loses its type (core/frame_type.c). */
int mm_validate_table(struct frame *f, enum frame_type t, bool resume); /* 0, -EINVAL, -ERESTART */
int mm_invalidate_table(struct frame *f, enum frame_type t, bool resume); /* 0, -ERESTART */

/* 512 descriptors' rule, one by one: may set Accessed in place; false: refused (core/descriptor.c).
 */
bool descriptor_check(uint64_t *d);

/* Write one entry of `table`, on which the caller holds a reference; `foreign` owns the frame it
 * points at (usually the table's owner). A frame that is no table is just written to. 0,
 * -XEN_EINVAL, -XEN_EPERM, -XEN_ERESTART: issue the same request again. Flushes no TLB. */
int mm_update_entry(struct vcpu *v, struct frame *table, unsigned int index, uint64_t value,
		    bool preserve_ad, struct domain *foreign);
/* The same for an L1 table whose entry must be `expected`, Accessed and Dirty included; -XEN_EAGAIN
 * if it is not, -XEN_EINVAL too if `table` is no L1 table. */
int mm_replace_l1_entry(struct frame *table, unsigned int index, uint64_t expected, uint64_t value);

/* Hypercalls' bodies (decode in abi/). `*done` counts the requests that were carried out. */
int mm_mmu_update(struct vcpu *v, gva_t reqs, unsigned int count, unsigned int *done,
		  struct domain *table_owner, struct domain *page_owner);
int mm_mmu_update_one(struct vcpu *v, gva_t req); /* of v's own tables and frames */
int mm_mmuext_one(struct vcpu *v, gva_t op);
int mm_mmuext_op(struct vcpu *v, gva_t ops, unsigned int count, unsigned int *done,
		 struct domain *foreign);
int mm_update_va_mapping(struct vcpu *v, uint64_t va, uint64_t value, uint64_t flags,
			 struct domain *page_owner);

/* A write fault in guest kernel mode at `va`: true if it was a write to an L1 entry and was
 * emulated (regs advanced) or the guest got a fault of its own; false: reflect the page fault. */
bool mm_emulate_pt_write(struct vcpu *v, uint64_t va);
/* Map an LDT page on demand: true if the fault is repaired. */
bool mm_map_ldt_page(struct vcpu *v, unsigned int page);

int mm_set_cr3(struct vcpu *v, mfn_t root); /* kernel base; takes over references; -ERESTART */
int mm_set_user_cr3(struct vcpu *v, mfn_t root);
int mm_set_roots(struct vcpu *v, mfn_t kernel, mfn_t user); /* both, or none */
int mm_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int entries);
int mm_set_ldt(struct vcpu *v, uint64_t base, unsigned int entries);
void mm_drop_vcpu(struct vcpu *v); /* roots, GDT, LDT of a vCPU that will not run again */

/* Grants: write/remove one L1 entry on behalf of a grant operation. `pte_machine` selects by
 * machine address of the entry (GNTMAP_contains_pte), else by virtual address in v's tables. */
int mm_grant_map(struct vcpu *v, bool contains_pte, uint64_t addr, mfn_t frame,
		 struct domain *frame_owner, bool readonly, uint64_t avail_bits);
int mm_grant_unmap(struct vcpu *v, bool contains_pte, uint64_t addr, mfn_t frame, bool readonly);

/* Machine-to-phys, readable by all guests. */
void m2p_set(mfn_t m, uint64_t gpfn); /* ~0: none */
uint64_t m2p_get(mfn_t m);

/* memory_op, by sub-operation; result as the ABI's, -XEN_ERESTART with *start_extent advanced */
long mm_memory_op(struct vcpu *v, unsigned int cmd, gva_t arg, uint64_t *start_extent);

/* Pin a table of d as MMUEXT_PIN_Ln_TABLE does: 0, -XEN_EINVAL, -XEN_ERESTART. */
int mm_pin_table(struct domain *d, mfn_t m, enum frame_type t);
int mm_unpin_table(struct domain *d, mfn_t m);
/* By mm_relinquish(): f is held; 0 (also: no pin), or -XEN_ERESTART. */
int mm_unpin_dying(struct frame *f);
/* Go on with the table that an interrupted call of v's was letting go: 0 or -XEN_ERESTART. First
 * thing in every call that can leave one (v->partial_root). */
int mm_go_on_partial(struct vcpu *v);
static inline int mm_finish_partial(struct vcpu *v)
{
	return likely(v->partial_root.n == INVALID_MFN.n) ? 0 : mm_go_on_partial(v);
}

/* The CPU may speculate through entries that are not present (L1TF): those that name real memory
 * are refused. */
extern bool mm_l1tf_guard;

/* Take all memory from a dying domain in bounded steps: 0 or -XEN_ERESTART. */
int mm_relinquish(struct domain *d);

/* Translate v's kernel/user virtual address by walking its tables (no fault); 0 entry if none. */
uint64_t mm_walk_l1(struct vcpu *v, uint64_t va, mfn_t *l1_frame);
uint64_t mm_walk_root(mfn_t root, uint64_t va, mfn_t *l1_frame); /* by this L4; mfn 0: none */

#endif
