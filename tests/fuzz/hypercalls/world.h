/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The world that programs of hypercalls run in: a control domain, two guests, and whatever domains
 * the program makes, on two CPUs of a fake machine with little memory. One thread plays both CPUs:
 * each is idle or in a guest, except the one that works; who waits lets the other go on.
 */
#ifndef SHOJI_FUZZ_WORLD_H
#define SHOJI_FUZZ_WORLD_H

#include "core/domain.h"
#include "core/frame_internal.h"
#include "core/mm_internal.h"
#include "fake.h"

#define CPUS   2
#define RAM    768
#define GUESTS 2 /* beside the control domain */

/* Each first domain's memory begins with these frames: L4[1] -> L3[0] -> L2[0] -> L1[n]. L1[0] maps
 * the data frames writable from entry 0 on, L1[1] read-only, L1[0][100 + n] table n. */
#define GUEST_BASE (1ULL << 39)
#define VA(n, i)   (GUEST_BASE | (uint64_t)(n) << 21 | (uint64_t)(i) << 12)
#define TABLES	   2
#define DATA	   6
#define SPARE	   3

/* --- what the program injects (0: nothing) --- */
extern int64_t fuzz_budget;	    /* units up to the first preemption point */
extern unsigned int fuzz_alloc_in;  /* the n-th allocation of frames from now fails */
extern unsigned int fuzz_fault_in;  /* the n-th copy from or to a guest from now faults */
extern unsigned int fuzz_fault_for; /* and so many after it */

/* --- memory.c --- */
void memory_reset(void); /* all frames are free */

/* --- world.c --- */
void world_start(void);
extern bool world_audited; /* a program called the audit, and may have left it half done */
void world_end(void);	   /* everything dies; every frame must be back */
/* Make it v's turn on some CPU; if it cannot run, another one's. NULL: nobody can run. */
struct vcpu *world_enter(struct vcpu *v);
/* The n-th vCPU of the world, round and round. */
struct vcpu *world_vcpu(unsigned int n);
struct domain *world_domain(unsigned int n); /* likewise */
void world_leave(void);	  /* this CPU goes back to its guest, and the other one, too */
void world_stopped(void); /* the control domain ended the machine: does not return */
/* f(arg), which may end early in world_stopped(): false. */
bool world_try(void (*f)(void *), void *arg);

/* One hypercall of v, which is current, with all its continuations unless it is left half done. */
#define CALL_ARGS 6
void world_call(struct vcpu *v, uint64_t number, const uint64_t args[CALL_ARGS], bool leave);
/* v was interrupted in a call, and goes on with it. False: it was not. */
bool world_go_on(struct vcpu *v, bool leave);

/* --- guest.c: a guest's memory, as its CPU sees it --- */
/* Wherever it is needed, any guest has this, outside of its page tables. */
#define WINDOW_VA    0x600000000000ULL
#define WINDOW_BYTES (1U << 16)
extern uint8_t window[WINDOW_BYTES];

void guest_reset(void);
void guest_start_call(
	void); /* counts what one call copies; too much without a pause is a failure */
void guest_tlb_clear(unsigned int cpu);
/* A plain store or load of 8 bytes; a write to a table goes the way of its page fault. */
void guest_store(struct vcpu *v, uint64_t va, uint64_t value, const uint8_t *instruction);
void guest_load(struct vcpu *v, uint64_t va);
/* No CPU may be able to do what the frames' types forbid. */
void guest_check_tlbs(void);

/* --- check.c --- */
void check_world(void); /* the audit, and all else that must be true between two steps */
unsigned int check_findings(bool print); /* of the audit */

_Noreturn void failure(const char *what, ...) __attribute__((format(printf, 1, 2)));

#endif
