/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_write.c: a definition back to XML, in libvirt's order, with everything filled in: the uuid,
 * the addresses. Loading the result gives the same definition again (a test holds it to that).
 */
#include "def.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpuset.h"
#include "units.h"

static const char *const action_names[] = {
	[DEF_DESTROY] = "destroy", [DEF_RESTART] = "restart", [DEF_PRESERVE] = "preserve"};

const char *def_action_name(enum def_action action)
{
	return action_names[action];
}

static void put_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '\'')
			fputs("&apos;", out);
		else
			fputc(*text, out);
	}
}

static void put_element(FILE *out, int indent, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(out, "%*s<%s>", indent, "", name);
	put_escaped(out, text);
	fprintf(out, "</%s>\n", name);
}

static void put_vcpus(FILE *out, const struct domain_def *def)
{
	char set[CPUSET_TEXT_SIZE];

	fputs("  <vcpu placement='static'", out);
	if (def->cpuset) {
		cpuset_format(def->cpuset, CPUSET_CPUS, set);
		fprintf(out, " cpuset='%s'", set);
	}
	if (def->vcpus != def->vcpus_max)
		fprintf(out, " current='%u'", def->vcpus);
	fprintf(out, ">%u</vcpu>\n", def->vcpus_max);
}

static bool has_pins(const struct domain_def *def)
{
	for (unsigned int v = 0; v < def->vcpus_max; v++)
		if (def->pins[v])
			return true;
	return false;
}

static void put_cputune(FILE *out, const struct domain_def *def)
{
	char set[CPUSET_TEXT_SIZE];

	if (!def->shares && !has_pins(def))
		return;
	fputs("  <cputune>\n", out);
	if (def->shares)
		fprintf(out, "    <shares>%u</shares>\n", def->shares);
	for (unsigned int v = 0; v < def->vcpus_max; v++) {
		if (!def->pins[v])
			continue;
		cpuset_format(def->pins[v], CPUSET_CPUS, set);
		fprintf(out, "    <vcpupin vcpu='%u' cpuset='%s'/>\n", v, set);
	}
	fputs("  </cputune>\n", out);
}

static void put_head(FILE *out, const struct domain_def *def)
{
	char uuid[UUID_TEXT_SIZE];

	units_uuid_format(def->uuid, uuid);
	put_element(out, 2, "name", def->name);
	put_element(out, 2, "uuid", uuid);
	put_element(out, 2, "title", def->title);
	put_element(out, 2, "description", def->description);
	if (def->metadata)
		fprintf(out, "  %s\n", def->metadata);
	fprintf(out, "  <memory unit='KiB'>%llu</memory>\n", (unsigned long long)def->memory_kib);
	fprintf(out, "  <currentMemory unit='KiB'>%llu</currentMemory>\n",
		(unsigned long long)def->current_kib);
	put_vcpus(out, def);
	put_cputune(out, def);
}

static void put_os(FILE *out, const struct domain_def *def)
{
	fputs("  <os>\n    <type arch='x86_64' machine='xenpv'>linux</type>\n", out);
	put_element(out, 4, "kernel", def->kernel);
	put_element(out, 4, "initrd", def->initrd);
	if (def->cmdline[0])
		put_element(out, 4, "cmdline", def->cmdline);
	fputs("  </os>\n  <clock offset='utc'/>\n", out);
	put_element(out, 2, "on_poweroff", def_action_name(def->on_poweroff));
	put_element(out, 2, "on_reboot", def_action_name(def->on_reboot));
	put_element(out, 2, "on_crash", def_action_name(def->on_crash));
}

static void put_disk(FILE *out, const struct def_disk *disk)
{
	fprintf(out, "    <disk type='%s' device='disk'>\n", disk->block ? "block" : "file");
	fputs("      <driver name='shoji' type='raw'/>\n", out);
	fprintf(out, "      <source %s='", disk->block ? "dev" : "file");
	put_escaped(out, disk->source);
	fprintf(out, "'/>\n      <target dev='%s' bus='xen'/>\n", disk->target);
	if (disk->readonly)
		fputs("      <readonly/>\n", out);
	fputs("    </disk>\n", out);
}

static void put_nic(FILE *out, const struct def_nic *nic)
{
	char mac[MAC_TEXT_SIZE];

	units_mac_format(nic->mac, mac);
	fprintf(out, "    <interface type='%s'>\n", nic->bridge[0] ? "bridge" : "ethernet");
	fprintf(out, "      <mac address='%s'/>\n", mac);
	if (nic->bridge[0])
		fprintf(out, "      <source bridge='%s'/>\n", nic->bridge);
	if (nic->ifname[0])
		fprintf(out, "      <target dev='%s'/>\n", nic->ifname);
	fputs("    </interface>\n", out);
}

char *def_write(const struct domain_def *def, int domid)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("<domain type='xen'", out);
	if (domid >= 0)
		fprintf(out, " id='%d'", domid);
	fputs(">\n", out);
	put_head(out, def);
	put_os(out, def);
	fputs("  <devices>\n", out);
	for (unsigned int i = 0; i < def->disk_count; i++)
		put_disk(out, &def->disks[i]);
	for (unsigned int i = 0; i < def->nic_count; i++)
		put_nic(out, &def->nics[i]);
	fputs("    <console type='pty'>\n      <target type='xen' port='0'/>\n    </console>\n",
	      out);
	fputs("  </devices>\n</domain>\n", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
