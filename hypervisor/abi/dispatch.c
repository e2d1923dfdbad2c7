/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatch: from a number in a register to a handler.
 *
 * The table is made from hypercalls.def, so that it cannot disagree with the documents. It checks
 * who may call, counts the budget anew, and puts the result back. Handlers never see registers,
 * except iret, which returns the value that belongs into rax.
 */
#include "abi/abi.h"

#define UNPACK_0(a)
#define UNPACK_1(a) (a)[0]
#define UNPACK_2(a) (a)[0], (a)[1]
#define UNPACK_3(a) (a)[0], (a)[1], (a)[2]
#define UNPACK_4(a) (a)[0], (a)[1], (a)[2], (a)[3]
#define UNPACK_5(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4]
#define UNPACK_6(a) (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5]

#define HYPERCALL(number, name, since, nargs, who, preemptible) \
	static long call_##name(const uint64_t *a)              \
	{                                                       \
		(void)a;                                        \
		return abi_##name(UNPACK_##nargs(a));           \
	}
#include "shoji/hypercalls.def"
#undef HYPERCALL

enum caller { ANY, MIXED, DOM0 };

struct row {
	long (*call)(const uint64_t *args);
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

long abi_call(struct vcpu *v, uint64_t nr, const uint64_t args[6])
{
	if (nr >= ARRAY_SIZE(table) || !table[nr].call) {
		log_unknown(v->domain, nr);
		return -XEN_ENOSYS;
	}
	if (table[nr].who == DOM0 && !v->domain->privileged)
		return -XEN_EPERM;
	return table[nr].call(args);
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
	const uint64_t args[6] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};
	long result;

	preempt_start();
	c->continued = false;
	c->in_multicall = false;
	result = abi_call(v, nr, args);
	if (c->continued)
		reissue(r, c->call_args);
	else
		r->rax = (uint64_t)result;
}
