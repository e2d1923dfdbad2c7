/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hv.h: what the tools ask of the hypervisor, one function per question.
 *
 * All return 0 (or a count) or -errno as the hypervisor gave it; the caller knows the object and
 * turns that into a failure. Results are plain structs of this header. A handle belongs to one
 * thread and must not be used after fork() in the child: open another.
 */
#ifndef SHOJI_LIB_HV_H
#define SHOJI_LIB_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

struct hv;

/* NULL with *f: no hypervisor, no permission, or an unknown interface version. */
struct hv *hv_open(struct failure *f);
void hv_close(struct hv *hv);

/* The words for an error number in the hypervisor's mouth. */
const char *hv_reason(int error);

struct hv_version {
	unsigned int major, minor;
	char extra[16];
	char capabilities[1024];
	char changeset[64];
	char compiler[64], compile_date[32];
	char commandline[1024];
	unsigned int extension; /* version of our extension ABI; 0: another hypervisor */
	bool isolation;		/* page-table isolation is on (of ours only) */
};
int hv_version(struct hv *hv, struct hv_version *version);

struct hv_machine {
	uint32_t cpus, threads_per_core, cores_per_socket, nodes, cpu_khz;
	uint64_t total_kib, free_kib, scrub_kib;
	bool pv, hvm;
};
int hv_machine(struct hv *hv, struct hv_machine *machine);

/* Idle time of each processor in ns; returns how many were filled in. */
int hv_cpu_idle(struct hv *hv, uint64_t *idle_ns, unsigned int max);

/* Log of the hypervisor: fills buffer, returns the length; *index continues a former call. */
int hv_log_read(struct hv *hv, char *buffer, size_t size, uint32_t *index, bool clear);

/*
 * The hypervisor's audit (shoji/extension.h): fills *result in, and up to `room` findings, of
 * which result->written are there. -ENOSYS: this hypervisor has none; -EBUSY: one is under way.
 */
struct shoji_audit;
struct shoji_audit_finding;
int hv_audit(struct hv *hv, struct shoji_audit *result, struct shoji_audit_finding *findings,
	     unsigned int room);

/* What a domain has of what is limited (shoji/extension.h). -ENOSYS: this hypervisor cannot say. */
struct shoji_limits;
int hv_domain_limits(struct hv *hv, uint16_t domid, struct shoji_limits *limits);

#define HV_COUNTER_NAME 80
struct hv_counter {
	char name[HV_COUNTER_NAME];
	uint32_t values[64]; /* of each processor; they wrap */
};
/* What the hypervisor has counted, on `*cpus` processors; returns how many, at most max. */
int hv_counters(struct hv *hv, struct hv_counter *counters, unsigned int max, unsigned int *cpus);

struct hv_domain {
	uint16_t domid;
	uint8_t uuid[16];
	bool dying, shutdown, paused, blocked, running, hvm;
	unsigned int shutdown_reason; /* SHUTDOWN_…, when shutdown */
	uint64_t memory_kib, max_memory_kib;
	uint64_t cpu_ns;
	unsigned int vcpus, vcpus_max; /* on line; there are */
	uint64_t shared_info_mfn;
};
/* Domains from `first` on in ascending order; returns how many. */
int hv_domain_list(struct hv *hv, uint16_t first, struct hv_domain *domains, unsigned int max);
/* -ESRCH when there is no such domain. */
int hv_domain_get(struct hv *hv, uint16_t domid, struct hv_domain *domain);

struct hv_new_domain {
	uint8_t uuid[16];
	unsigned int vcpus;
	unsigned int grant_frames, maptrack_frames, max_port;
	uint64_t max_memory_kib;
};
/* A new domain without memory, with its vCPUs, paused; returns its id. */
int hv_domain_create(struct hv *hv, const struct hv_new_domain *parameters);
int hv_domain_pause(struct hv *hv, uint16_t domid);
int hv_domain_unpause(struct hv *hv, uint16_t domid);
int hv_domain_destroy(struct hv *hv, uint16_t domid);
/* As if the guest had called it: reason is a SHUTDOWN_…. */
int hv_domain_shutdown(struct hv *hv, uint16_t domid, unsigned int reason);

/* Fills mfns[i] for the count frames pfn..pfn+count-1 of the domain; uses large extents where it
 * can get them. Returns 0 or -errno with *done frames populated. */
int hv_memory_populate(struct hv *hv, uint16_t domid, uint64_t pfn, uint64_t count, uint64_t *mfns,
		       uint64_t *done);
/* Are the frames that a domain is given zero? This hypervisor promises it, others do not. */
bool hv_memory_is_zeroed(struct hv *hv);
/* Zeroes frames of a domain. */
int hv_memory_clear(struct hv *hv, uint16_t domid, const uint64_t *mfns, unsigned int count);
/* Writes the hypercall stubs into a frame, for kernels that ask for such a page. */
int hv_hypercall_page(struct hv *hv, uint16_t domid, uint64_t mfn);
int hv_pin_l4(struct hv *hv, uint16_t domid, uint64_t mfn);
int hv_port_alloc(struct hv *hv, uint16_t domid, uint16_t remote, uint32_t *port);

struct hv_entry_state {
	uint64_t rip, rsp, rsi, cr3_mfn;
};
/* State in which vCPU 0 of a PV guest begins. */
int hv_vcpu_set_entry(struct hv *hv, uint16_t domid, const struct hv_entry_state *state);

struct hv_vcpu {
	bool online, blocked, running;
	uint64_t cpu_ns;
	unsigned int cpu;
};
int hv_vcpu_get(struct hv *hv, uint16_t domid, unsigned int vcpu, struct hv_vcpu *info);

int hv_cpu_set_online(struct hv *hv, unsigned int cpu, bool online); /* -EBUSY: the last one */
int hv_cpus_online(struct hv *hv, uint64_t *cpus);		     /* bit n: CPU n */

#define HV_WEIGHT_MAX 65535u
struct hv_shares {
	unsigned int weight; /* 1 to HV_WEIGHT_MAX; 0 in hv_shares_set: leave it */
	int cap;	     /* percent of one CPU, 0: none; < 0 in hv_shares_set: leave it */
};
int hv_shares_get(struct hv *hv, uint16_t domid, struct hv_shares *shares);
int hv_shares_set(struct hv *hv, uint16_t domid, const struct hv_shares *shares);

struct hv_affinity {
	uint64_t hard, soft; /* bit n: CPU n; 0 in hv_affinity_set: leave it */
};
int hv_affinity_get(struct hv *hv, uint16_t domid, unsigned int vcpu, struct hv_affinity *a);
int hv_affinity_set(struct hv *hv, uint16_t domid, unsigned int vcpu, const struct hv_affinity *a);

#endif
