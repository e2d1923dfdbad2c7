/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatch: from a number in a register to a handler.
 *
 * The table is made from hypercalls.def, so that it cannot disagree with the documents. It checks
 * who may call, counts the budget anew, and puts the result back. Handlers never see registers,
 * except iret, which returns the value that belongs into rax.
 */
#include "abi/abi.h"

#define FIRST_0
#define FIRST_1 a1
#define FIRST_2 a1, a2
#define FIRST_3 a1, a2, a3
#define FIRST_4 a1, a2, a3, a4
#define FIRST_5 a1, a2, a3, a4, a5
#define FIRST_6 a1, a2, a3, a4, a5, a6

/* All in one form: the arguments are in the right registers already, so that each is one jump. */
#define HYPERCALL(number, name, since, nargs, who, preemptible)                                  \
	static long call_##name(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5, \
				uint64_t a6)                                                     \
	{                                                                                        \
		(void)a1, (void)a2, (void)a3, (void)a4, (void)a5, (void)a6;                      \
		return abi_##name(FIRST_##nargs);                                                \
	}
#include "shoji/hypercalls.def"
#undef HYPERCALL

enum caller { ANY, MIXED, DOM0 };

struct row {
	long (*call)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
	enum caller who;
};

static const struct row table[] = {
#define HYPERCALL(number, name, since, nargs, who, preemptible) [number] = {call_##name, who},
#include "shoji/hypercalls.def"
#undef HYPERCALL
};

/* Log the first use of each unknown number by each domain. */
static void log_unknown(struct domain *d, uint64_t nr)
{
	uint32_t *word = &d->unknown_calls[(nr / 32) % ARRAY_SIZE(d->unknown_calls)];
	uint32_t bit = 1u << (nr % 32);

	if (!(__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit))
		log_debug("domain %u: unknown hypercall %lu", d->id.id, (unsigned long)nr);
}

long abi_unknown(const char *name, uint64_t cmd)
{
	struct domain *d = current_vcpu()->domain;
	uint32_t bit = 1u << (cmd % 31);

	if (!(__atomic_fetch_or(&d->unknown_ops, bit, __ATOMIC_RELAXED) & bit))
		log_debug("domain %u: %s: unknown operation %lu", d->id.id, name,
			  (unsigned long)cmd);
	return -XEN_ENOSYS;
}

static long refused(struct domain *d, uint64_t nr)
{
	if (nr < ARRAY_SIZE(table) && table[nr].call)
		return -XEN_EPERM;
	log_unknown(d, nr);
	return -XEN_ENOSYS;
}

static inline bool allowed(const struct domain *d, uint64_t nr)
{
	return nr < ARRAY_SIZE(table) && table[nr].call && (table[nr].who != DOM0 || d->privileged);
}

_Static_assert(ARRAY_SIZE(table) <= COUNT_HYPERCALLS, "a hypercall without a count");

static inline const struct row *counted(uint64_t nr)
{
	nr = machine_clamp(nr, ARRAY_SIZE(table));
	this_cpu()->counts.hypercalls[nr]++;
	return &table[nr];
}

long abi_call(struct vcpu *v, uint64_t nr, const uint64_t args[6])
{
	if (unlikely(!allowed(v->domain, nr)))
		return refused(v->domain, nr);
	return counted(nr)->call(args[0], args[1], args[2], args[3], args[4], args[5]);
}

long abi_continue(uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	struct cpu *c = this_cpu();

	c->call_args[0] = a1;
	c->call_args[1] = a2;
	c->call_args[2] = a3;
	c->call_args[3] = a4;
	c->continued = true;
	return -XEN_ERESTART;
}

/* The guest's next instruction is the same syscall again, with the arguments changed. */
static void reissue(struct xen_cpu_user_regs *r, const uint64_t args[6])
{
	r->rip -= 2; /* length of SYSCALL */
	r->rdi = args[0];
	r->rsi = args[1];
	r->rdx = args[2];
	r->r10 = args[3];
}

void abi_hypercall(struct vcpu *v)
{
	struct xen_cpu_user_regs *r = vcpu_regs(v);
	struct cpu *c = this_cpu();
	uint64_t nr = (uint32_t)r->rax;
	long result;

	preempt_start();
	c->continued = false;
	c->in_multicall = false;
	if (unlikely(!allowed(v->domain, nr)))
		result = refused(v->domain, nr);
	else
		result = counted(nr)->call(r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9);
	if (unlikely(c->continued))
		reissue(r, c->call_args);
	else
		r->rax = (uint64_t)result;
}
