/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.c: the order in which a domain comes to be.
 *
 * First everything that can fail without a domain: image, initrd, layout, free memory. Then the
 * domain, its memory, its contents, its first vCPU. The child does the work; it tells the id of
 * the domain through shared memory as soon as there is one, so that the parent can take back a
 * half-made domain even if the child dies.
 */
#include "build_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpuset.h"

#define WHAT "create the domain"

#define PORTS_MAX	1023u
#define GRANT_FRAMES	64u
#define MAPTRACK_FRAMES 1024u
#define MAXMEM_SLACK	1024u /* KiB: for what the hypervisor itself accounts to the guest */
/* What a domain costs beyond its memory: structures per vCPU, grant table, shared pages. */
#define OVERHEAD_KIB 2048u

static int load_files(struct build *b)
{
	const char *why;

	if (kernel_image_open(&b->image, b->def->kernel, b->f) ||
	    kernel_elf_parse(b->image.elf, b->image.elf_size, b->def->kernel, &b->kernel, b->f))
		return -1;
	if (b->def->initrd && file_map_open(&b->initrd, b->def->initrd, "load the initrd", b->f))
		return -1;
	b->kernel.wishes.pages = b->def->current_kib / 4;
	b->kernel.wishes.initrd_size = b->initrd.size;
	why = build_layout_compute(&b->kernel.wishes, &b->layout);
	if (why)
		return fail_set(b->f, FAIL_DEFINITION, WHAT, b->def->name,
				"give the guest more memory, or a smaller kernel or initrd", "%s",
				why);
	return 0;
}

static int check_memory(struct build *b)
{
	uint64_t needed = b->def->current_kib + OVERHEAD_KIB + 256 * b->def->vcpus_max;
	struct hv_machine machine;
	int rc = hv_machine(b->hv, &machine);

	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL, "%s",
				hv_reason(rc));
	if (machine.free_kib >= needed)
		return 0;
	return fail_set(b->f, FAIL_MEMORY, WHAT, b->def->name,
			"stop a guest, give this one less memory, or boot with a smaller dom0_mem=",
			"not enough memory: %llu MiB needed, %llu MiB free",
			(unsigned long long)(needed + 1023) / 1024,
			(unsigned long long)machine.free_kib / 1024);
}

static int create(struct build *b)
{
	struct hv_new_domain p = {
		.vcpus = b->def->vcpus_max,
		.grant_frames = GRANT_FRAMES,
		.maptrack_frames = MAPTRACK_FRAMES,
		.max_port = PORTS_MAX,
		.max_memory_kib = b->def->memory_kib + MAXMEM_SLACK,
	};
	struct hv_domain info;
	int rc;

	memcpy(p.uuid, b->def->uuid, sizeof(p.uuid));
	rc = hv_domain_create(b->hv, &p);
	if (rc >= 0) {
		b->result->domid = (uint16_t)rc;
		rc = hv_domain_get(b->hv, b->result->domid, &info);
	}
	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL, "%s",
				hv_reason(rc));
	b->shared_info_mfn = info.shared_info_mfn;
	return 0;
}

static int check_set(struct build *b, uint64_t set, unsigned int cpus)
{
	if (!(set & ~cpuset_first(cpus)))
		return 0;
	return fail_set(b->f, FAIL_DEFINITION, WHAT, b->def->name,
			"change cpuset='…' in the definition; 'shoji info' shows the machine",
			"there is no such processor; the machine has 0 to %u", cpus - 1);
}

/* Before there is a domain: the processors that the definition names are there. */
static int check_cpus(struct build *b)
{
	struct hv_machine machine;
	int rc = hv_machine(b->hv, &machine);

	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, WHAT, b->def->name, NULL, "%s",
				hv_reason(rc));
	for (unsigned int v = 0; v < b->def->vcpus_max; v++)
		if (check_set(b, b->def->pins[v], machine.cpus))
			return -1;
	return check_set(b, b->def->cpuset, machine.cpus);
}

static int set_scheduling(struct build *b)
{
	const struct hv_shares shares = {b->def->shares, -1};
	int rc = b->def->shares ? hv_shares_set(b->hv, b->result->domid, &shares) : 0;

	for (unsigned int v = 0; v < b->def->vcpus_max && rc >= 0; v++) {
		struct hv_affinity a = {b->def->pins[v] ? b->def->pins[v] : b->def->cpuset, 0};

		if (a.hard)
			rc = hv_affinity_set(b->hv, b->result->domid, v, &a);
	}
	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, "set the guest's share of the processors",
				b->def->name, NULL, "%s", hv_reason(rc));
	return 0;
}

static int allocate(struct build *b)
{
	uint64_t pages = b->layout.pages, done = 0;
	uint16_t domid = b->result->domid;
	int rc;

	b->mfns = malloc(pages * sizeof(*b->mfns));
	if (!b->mfns)
		return fail_set(b->f, FAIL_GENERAL, WHAT, b->def->name, NULL, "out of memory");
	rc = hv_memory_populate(b->hv, domid, 0, pages, b->mfns, &done);
	if (rc < 0)
		return fail_set(b->f, FAIL_MEMORY, WHAT, b->def->name,
				"stop a guest, or give this one less memory",
				"not enough memory: %llu MiB needed, %llu MiB could be had",
				(unsigned long long)pages / 256, (unsigned long long)done / 256);
	rc = hv_port_alloc(b->hv, domid, 0, &b->result->store_port);
	if (rc >= 0)
		rc = hv_port_alloc(b->hv, domid, 0, &b->result->console_port);
	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, "allocate an event channel", b->def->name,
				NULL, "%s", hv_reason(rc));
	return 0;
}

static int fill(struct build *b)
{
	int rc = xa_foreignmem_open(&b->fm);

	if (rc < 0) {
		errno = -rc;
		return fail_errno(b->f, FAIL_HYPERVISOR, "open /dev/xen/privcmd", NULL,
				  "run as root");
	}
	if (build_fill_start(b) || build_fill_kernel(b) || build_fill_initrd(b))
		return -1;
	return build_fill_tables(b);
}

static int set_hypercall_page(struct build *b)
{
	uint64_t pfn = b->kernel.hypercall_page / BUILD_PAGE;
	int rc;

	if (b->kernel.hypercall_page == BUILD_NO_ADDRESS)
		return 0;
	rc = pfn < b->layout.pages ? hv_hypercall_page(b->hv, b->result->domid, b->mfns[pfn])
				   : -EINVAL;
	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, "set up the guest's hypercall page",
				b->def->name, NULL, "%s", hv_reason(rc));
	return 0;
}

static int set_entry(struct build *b)
{
	const struct build_layout *l = &b->layout;
	uint64_t cr3_mfn = b->mfns[l->l4_pfn];
	struct hv_entry_state state = {
		.rip = b->kernel.entry,
		.rsp = build_layout_virt(l, l->stack_pfn + 1),
		.rsi = build_layout_virt(l, l->start_info_pfn),
		.cr3_mfn = cr3_mfn,
	};
	int rc = hv_pin_l4(b->hv, b->result->domid, cr3_mfn);

	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, "pin the guest's page tables", b->def->name,
				NULL, "%s", hv_reason(rc));
	rc = hv_vcpu_set_entry(b->hv, b->result->domid, &state);
	if (rc < 0)
		return fail_set(b->f, FAIL_HYPERVISOR, "set the guest's first state", b->def->name,
				NULL, "%s", hv_reason(rc));
	return 0;
}

/* In the child. It frees nothing: it is about to end. */
static int build(struct build *b)
{
	if (load_files(b))
		return -1;
	b->hv = hv_open(b->f);
	if (!b->hv || check_memory(b) || check_cpus(b) || create(b) || set_scheduling(b) ||
	    allocate(b) || fill(b) || set_hypercall_page(b))
		return -1;
	return set_entry(b);
}

/* What parent and child share. */
struct shared {
	struct build_result result;
	struct failure failure;
};

static _Noreturn void child(const struct domain_def *def, struct shared *shared)
{
	struct build b = {.def = def, .result = &shared->result, .f = &shared->failure};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(build(&b) ? 1 : 0);
}

static void take_back(uint16_t domid)
{
	struct hv *hv = domid ? hv_open(NULL) : NULL;

	if (hv)
		hv_domain_destroy(hv, domid);
	hv_close(hv);
}

static int wait_child(pid_t pid, const struct domain_def *def, struct shared *shared,
		      struct failure *f)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (f && shared->failure.code != FAIL_NONE)
		*f = shared->failure;
	else
		fail_set(f, FAIL_GENERAL, WHAT, def->name, "is the kernel or initrd file damaged?",
			 "the builder ended with %s %d", WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	take_back(shared->result.domid);
	return -1;
}

int build_domain(const struct domain_def *def, struct build_result *result, struct failure *f)
{
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;
	int rc;

	if (shared == MAP_FAILED)
		return fail_errno(f, FAIL_GENERAL, WHAT, def->name, NULL);
	pid = fork();
	if (pid == 0)
		child(def, shared);
	if (pid < 0)
		rc = fail_errno(f, FAIL_GENERAL, WHAT, def->name, NULL);
	else
		rc = wait_child(pid, def, shared, f);
	*result = shared->result;
	munmap(shared, sizeof(*shared));
	return rc;
}
