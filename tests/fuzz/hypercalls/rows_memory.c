/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of memory: page tables, descriptor tables, memory_op, grants. */
#include "grammar.h"
#include "shoji/extension_mmu.h"
#include "shoji/grant_table.h"
#include "shoji/hypercalls.h"
#include "shoji/memory.h"
#include "shoji/mmu.h"

#define LIST_MAX 6

#define MMUEXT(command, ...)                                                                  \
	{                                                                                     \
		.number = HYPERCALL_mmuext_op, .cmd = (command), .size = sizeof(T), .max = 3, \
		.args = {K_LIST, K_COUNT, K_DONE, K_DOMAIN}, .fields = {                      \
			F(cmd, K_CMD),                                                        \
			__VA_ARGS__                                                           \
		}                                                                             \
	}
#define GNTTAB(command, ...)                                                                       \
	{                                                                                          \
		.number = HYPERCALL_grant_table_op, .cmd = (command), .size = sizeof(T), .max = 3, \
		.args = {K_CMD, K_LIST, K_COUNT}, .fields = {                                      \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* Both sides of one size: one frame each, two for two, ... */
static void mend_exchange(void *structure)
{
	struct xen_memory_exchange *x = structure;

	x->in.extent_order &= 1;
	x->out.extent_order &= 1;
	x->in.nr_extents = 2 + (x->in.nr_extents & 2);
	x->out.nr_extents = x->in.nr_extents << x->in.extent_order >> x->out.extent_order;
	x->out.domid = x->in.domid;
}

static const struct row rows[] = {
	CALL(set_gdt, K_FRAMES, K_NUMBER),
	CALL(update_descriptor, K_ADDRESS, K_DESCRIPTOR),
	CALL(update_va_mapping, K_VIRTUAL, K_ENTRY, K_UVMF),
	CALL(update_va_mapping_otherdomain, K_VIRTUAL, K_ENTRY, K_UVMF, K_DOMAIN),
#define T struct xen_mmu_update
	{.number = HYPERCALL_mmu_update,
	 .size = sizeof(T),
	 .max = LIST_MAX,
	 .args = {K_LIST, K_COUNT, K_DONE, K_FOREIGN},
	 .fields = {F(ptr, K_PLACE), F(val, K_ENTRY)}},
	{.number = HYPERCALL_shoji_mmu_update,
	 .size = sizeof(T),
	 .max = LIST_MAX,
	 .args = {K_LIST, K_COUNT, K_DONE},
	 .fields = {F(ptr, K_REQUEST), F(val, K_ENTRY)}},
	{.number = HYPERCALL_shoji_mmu_update,
	 .size = sizeof(T),
	 .max = LIST_MAX,
	 .args = {K_LIST, K_COUNT, K_DONE},
	 .fields = {F(ptr, K_REQUEST), F(val, K_RUN)}},
#undef T
	CALL(shoji_set_entry, K_REQUEST, K_ENTRY, K_FLUSH),
	CALL(shoji_set_entry, K_REQUEST, K_RUN, K_FLUSH),
	{.number = HYPERCALL_shoji_space,
	 .cmd = SHOJI_SPACE_direct_map,
	 .args = {K_CMD, K_VIRTUAL, K_NUMBER}},
	{.number = HYPERCALL_shoji_space,
	 .cmd = SHOJI_SPACE_pin,
	 .args = {K_CMD, K_FRAME, K_FRAME, K_GO_ON}},
	{.number = HYPERCALL_shoji_space,
	 .cmd = SHOJI_SPACE_unpin,
	 .args = {K_CMD, K_FRAME, K_FRAME, K_GO_ON}},
	CALL(shoji_switch, K_FRAME, K_FRAME, K_CODE, K_CODE, K_SMALL),
#define T struct xen_mmuext_op
	MMUEXT(MMUEXT_PIN_L1_TABLE, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_PIN_L2_TABLE, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_PIN_L3_TABLE, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_PIN_L4_TABLE, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_UNPIN_TABLE, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_NEW_BASEPTR, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_NEW_USER_BASEPTR, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_TLB_FLUSH_LOCAL, {0}),
	MMUEXT(MMUEXT_INVLPG_LOCAL, F(arg1.linear_addr, K_VIRTUAL)),
	MMUEXT(MMUEXT_TLB_FLUSH_MULTI, F(arg2.vcpumask, K_MASK)),
	MMUEXT(MMUEXT_INVLPG_MULTI, F(arg1.linear_addr, K_VIRTUAL), F(arg2.vcpumask, K_MASK)),
	MMUEXT(MMUEXT_TLB_FLUSH_ALL, {0}),
	MMUEXT(MMUEXT_INVLPG_ALL, F(arg1.linear_addr, K_VIRTUAL)),
	MMUEXT(MMUEXT_FLUSH_CACHE, {0}),
	MMUEXT(MMUEXT_FLUSH_CACHE_GLOBAL, {0}),
	MMUEXT(MMUEXT_SET_LDT, F(arg1.linear_addr, K_VIRTUAL), F(arg2.nr_ents, K_NUMBER)),
	MMUEXT(MMUEXT_CLEAR_PAGE, F(arg1.mfn, K_FRAME)),
	MMUEXT(MMUEXT_COPY_PAGE, F(arg1.mfn, K_FRAME), F(arg2.src_mfn, K_FRAME)),
	MMUEXT(MMUEXT_MARK_SUPER, F(arg1.mfn, K_FRAME)),
#undef T
#define T struct xen_memory_reservation
#define RESERVATION(list)                                                  \
	F(domid, K_DOMAIN), F(extent_start, list), F(nr_extents, K_SMALL), \
		F(extent_order, K_ORDER), F(mem_flags, K_ZERO)
	OP(memory_op, XENMEM_increase_reservation, RESERVATION(K_PFNS)),
	OP(memory_op, XENMEM_decrease_reservation, RESERVATION(K_FRAMES)),
	OP(memory_op, XENMEM_populate_physmap, RESERVATION(K_PFNS)),
	OP(memory_op, XENMEM_claim_pages, RESERVATION(K_PFNS)),
#undef T
#define T struct xen_memory_exchange
	{.number = HYPERCALL_memory_op,
	 .cmd = XENMEM_exchange,
	 .size = sizeof(T),
	 .mend = mend_exchange,
	 .args = {K_CMD, K_LIST},
	 .fields = {F(in.domid, K_DOMAIN), F(in.extent_start, K_FRAMES), F(in.nr_extents, K_SMALL),
		    F(in.extent_order, K_ORDER), F(out.extent_start, K_PFNS),
		    F(out.nr_extents, K_SMALL), F(out.extent_order, K_ORDER),
		    F(out.domid, K_DOMAIN), F(out.mem_flags, K_ZERO), F(nr_exchanged, K_ZERO)}},
#undef T
#define T struct xen_memory_domain
	OP(memory_op, XENMEM_current_reservation, F(domid, K_DOMAIN)),
	OP(memory_op, XENMEM_maximum_reservation, F(domid, K_DOMAIN)),
	OP(memory_op, XENMEM_maximum_gpfn, F(domid, K_DOMAIN)),
#undef T
	{.number = HYPERCALL_memory_op, .cmd = XENMEM_maximum_ram_page, .args = {K_CMD}},
	{.number = HYPERCALL_memory_op, .cmd = XENMEM_machphys_mapping, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_memory_op, .cmd = XENMEM_add_to_physmap, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_memory_op, .cmd = XENMEM_get_vnumainfo, .args = {K_CMD, K_ROOM}},
	{.number = HYPERCALL_memory_op, .cmd = XENMEM_set_pod_target, .args = {K_CMD, K_ROOM}},
#define T struct xen_memory_map
	OP(memory_op, XENMEM_memory_map, F(nr_entries, K_SMALL), F(buffer, K_ROOM)),
	OP(memory_op, XENMEM_machine_memory_map, F(nr_entries, K_SMALL), F(buffer, K_ROOM)),
#undef T
#define T struct xen_foreign_memory_map
	OP(memory_op, XENMEM_set_memory_map, F(domid, K_DOMAIN), F(map.nr_entries, K_SMALL),
	   F(map.buffer, K_E820)),
#undef T
#define T struct xen_mem_acquire_resource
	OP(memory_op, XENMEM_acquire_resource, F(domid, K_DOMAIN), F(type, K_BOOL), F(id, K_ZERO),
	   F(nr_frames, K_SMALL), F(pad, K_ZERO), F(frame, K_SMALL), F(frame_list, K_ROOM)),
#undef T
#define T struct xen_reserved_device_memory_map
	OP(memory_op, XENMEM_reserved_device_memory_map, F(nr_entries, K_SMALL), F(buffer, K_ROOM)),
#undef T
#define T struct xen_gnttab_map_grant_ref
	GNTTAB(GNTTABOP_map_grant_ref, F(host_addr, K_HOST), F(flags, K_GNTMAP), F(ref, K_REF),
	       F(dom, K_DOMAIN)),
	{.number = HYPERCALL_grant_table_op,
	 .cmd = GNTTABOP_map_grant_ref,
	 .size = sizeof(T),
	 .max = 2,
	 .args = {K_CMD, K_LIST, K_COUNT},
	 .fields = {F(host_addr, K_HOST), F(flags, K_GNTMAP), F(ref, K_REF), F(dom, K_DOMAIN)}},
#undef T
#define T struct xen_gnttab_unmap_grant_ref
	GNTTAB(GNTTABOP_unmap_grant_ref, F(host_addr, K_HOST), F(handle, K_HANDLE)),
	GNTTAB(GNTTABOP_unmap_grant_ref, F(host_addr, K_HOST), F(dev_bus_addr, K_ROOT),
	       F(handle, K_HANDLE)),
#undef T
#define T struct xen_gnttab_setup_table
	GNTTAB(GNTTABOP_setup_table, F(dom, K_DOMAIN), F(nr_frames, K_SMALL),
	       F(frame_list, K_ROOM)),
#undef T
#define T struct xen_gnttab_copy
	GNTTAB(GNTTABOP_copy, F(source.u.ref, K_REF), F(source.domid, K_DOMAIN),
	       F(source.offset, K_OFFSET), F(dest.u.gmfn, K_FRAME), F(dest.domid, K_DOMAIN),
	       F(dest.offset, K_OFFSET), F(len, K_OFFSET), F(flags, K_SMALL)),
	GNTTAB(GNTTABOP_copy, F(source.u.gmfn, K_FRAME), F(source.domid, K_DOMAIN),
	       F(source.offset, K_OFFSET), F(dest.u.ref, K_REF), F(dest.domid, K_DOMAIN),
	       F(dest.offset, K_OFFSET), F(len, K_OFFSET), F(flags, K_SMALL)),
#undef T
#define T struct xen_gnttab_query_size
	GNTTAB(GNTTABOP_query_size, F(dom, K_DOMAIN)),
#undef T
#define T struct xen_gnttab_set_version
	GNTTAB(GNTTABOP_set_version, F(version, K_SMALL)),
#undef T
#define T struct xen_gnttab_get_version
	GNTTAB(GNTTABOP_get_version, F(dom, K_DOMAIN)),
#undef T
};

const struct rows rows_memory = {rows, ARRAY_SIZE(rows)};
