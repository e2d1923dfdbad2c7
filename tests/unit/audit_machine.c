/* SPDX-License-Identifier: GPL-2.0-only */
/* audit_machine.c: see audit_machine.h. */
#include "audit_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/abi.h"
#include "core/audit.h"
#include "core/grant_internal.h"

struct domain *domains[3]; /* sorted by id */
struct shoji_audit result;
struct shoji_audit_finding found[128];
static unsigned int kicked;

/* --- other files' parts --- */

struct domain *domain_get_from(domid_t first)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
		if (domains[i] && domains[i]->id.id >= first.id) {
			domain_ref(domains[i]);
			return domains[i];
		}
	return NULL;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = domain_get_from(id);

	if (d && !domid_eq(d->id, id)) {
		domain_put(d);
		d = NULL;
	}
	return d;
}

void machine_kick(unsigned int cpu)
{
	(void)cpu;
	kicked++;
}

long abi_unknown(const char *name, uint64_t cmd)
{
	(void)name, (void)cmd;
	return -XEN_ENOSYS;
}

/* --- calls --- */

long call(uint64_t token)
{
	continued = false;
	return abi_shoji_audit(SHOJI_AUDIT_run, RECORD, token);
}

void ask(void)
{
	struct shoji_audit r = {.findings = FINDINGS, .room = ARRAY_SIZE(found)};

	memcpy(fake.guest, &r, sizeof(r));
}

long take(long rc)
{
	memcpy(&result, fake.guest, sizeof(result));
	memcpy(found, fake.guest + 4096, sizeof(found));
	return rc;
}

/* The number of findings. */
unsigned int run(void)
{
	ask();
	assert_int_equal(take(call(0)), 0);
	assert_false(continued);
	assert_int_equal(result.written, result.found);
	return result.written;
}

const struct shoji_audit_finding *find(unsigned int kind, uint64_t frame)
{
	for (unsigned int i = 0; i < result.written; i++)
		if (found[i].kind == kind && found[i].frame == frame)
			return &found[i];
	return NULL;
}

const struct shoji_audit_finding *expect(unsigned int kind, const struct frame *f)
{
	const struct shoji_audit_finding *n;

	assert_int_not_equal(run(), 0);
	n = find(kind, f ? number(f) : SHOJI_AUDIT_NO_FRAME);
	if (!n)
		print_error("no finding of kind %u, but %u at frame %lu\n", kind, found[0].kind,
			    found[0].frame);
	assert_non_null(n);
	return n;
}

/* Exactly one. */
const struct shoji_audit_finding *expect_one(unsigned int kind, const struct frame *f)
{
	const struct shoji_audit_finding *n = expect(kind, f);

	assert_int_equal(result.found, 1);
	return n;
}

void expect_clean(void)
{
	assert_int_equal(run(), 0);
}

/* --- the machine --- */

struct xen_grant_entry_v1 *grants_of(struct domain *d)
{
	assert_int_equal(grant_grow(d, 1), 0);
	return d->grants->shared[0];
}

static void set_domain(struct guest *n)
{
	assert_int_equal(grant_init(n->d, 2, 1), 0);
	domains[n->d->id.id] = n->d;
}

int start(void **state)
{
	mmu_start(state);
	fake.cpus = 1;
	memset(domains, 0, sizeof(domains));
	set_domain(g);
	set_domain(other);
	assert_int_equal(mm_set_cr3(other->v, frame_mfn(other->l4)), 0);
	hold(other->l4);
	return 0;
}

static void end_grants(struct domain *d)
{
	while (grant_relinquish(d))
		;
	grant_unshare(d);
}

int stop(void **state)
{
	this_cpu()->budget = INT64_MAX / 2;
	expect_clean();
	end_grants(g->d);
	end_grants(other->d);
	expect_clean();
	grant_free(g->d);
	grant_free(other->d);
	return mmu_stop(state);
}

/* Domain 1 maps what domain 2 lends it. */
uint32_t map_lent(bool readonly)
{
	struct xen_grant_entry_v1 *e = &grants_of(other->d)[LENT];
	struct xen_gnttab_map_grant_ref op = {
		.host_addr = address(g->l1[2], PLACE),
		.flags = GNTMAP_host_map | GNTMAP_contains_pte | (readonly ? GNTMAP_readonly : 0),
		.ref = LENT,
		.dom = 2,
	};

	*e = (struct xen_grant_entry_v1){
		.flags = GTF_permit_access, .domid = 1, .frame = (uint32_t)number(other->data[3])};
	assert_int_equal(grant_map_one(g->v, &op), GNTST_okay);
	return op.handle;
}

void unmap_lent(uint32_t handle)
{
	struct xen_gnttab_unmap_grant_ref op = {.host_addr = address(g->l1[2], PLACE),
						.handle = handle};

	assert_int_equal(grant_unmap_one(g->v, &op), GNTST_okay);
}
