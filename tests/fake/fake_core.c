/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand-ins for parts of core/ that a test may leave out; weak, so that the real ones win where
 * they are linked. Domains made here own memory and nothing else.
 */
#include "fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mm.h"
#include "core/stop.h"

#define WEAK __attribute__((weak))

WEAK struct hv hv;
unsigned int fake_domains_freed;

WEAK void domain_ref(struct domain *d)
{
	__atomic_fetch_add(&d->references, 1, __ATOMIC_RELAXED);
}

WEAK void domain_put(struct domain *d)
{
	if (__atomic_sub_fetch(&d->references, 1, __ATOMIC_ACQ_REL))
		return;
	fake_domains_freed++;
	free(d->vcpu[0]);
	free(d);
}

WEAK bool domains_free_some(void)
{
	return false;
}

WEAK bool descriptor_check(uint64_t *d)
{
	return (*d >> 45 & 3) == 3; /* ring 3 */
}

WEAK void log_line(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

WEAK void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

WEAK void stop_here(void) /* there is nobody who stops CPUs */
{
}

struct domain *fake_domain(uint16_t id, uint64_t max_pages)
{
	struct domain *d = calloc(1, sizeof(*d));

	d->id = domid(id);
	d->references = 1;
	d->max_pages = max_pages;
	d->dirty_cpus = 1;
	spin_init(&d->page_lock, LOCK_DOMPAGES);
	spin_init(&d->lock, LOCK_DOMAIN);
	list_init(&d->pages);
	return d;
}

struct vcpu *fake_vcpu(struct domain *d)
{
	size_t size = ROUND_UP(sizeof(struct vcpu), 64);
	size_t both = size + ROUND_UP(sizeof(struct vcpu_entry), 64);
	struct vcpu *v = aligned_alloc(64, both);

	__builtin_memset(v, 0, both);
	v->entry = (struct vcpu_entry *)((char *)v + size);
	v->domain = d;
	v->partial_root = INVALID_MFN;
	d->vcpu[0] = v;
	return v;
}
