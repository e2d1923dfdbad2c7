/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_devices.c: the <devices> of a definition, after the schema was satisfied.
 *
 * What the schema cannot say is checked here: the source fits the type, targets and addresses are
 * unique, a bridge is named. Missing MAC addresses are derived from the uuid.
 */
#include "def_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "units.h"

struct place {
	const xmlNode *node;
	const char *label;
	struct failure *f;
};

/* Moves a malloc'ed attribute into a fixed array; absent leaves it empty. */
static void take_fixed(const xmlNode *node, const char *attribute, char *to, size_t size)
{
	char *text = def_attribute(node, attribute);

	snprintf(to, size, "%s", text ? text : "");
	free(text);
}

static bool attribute_is(const xmlNode *node, const char *attribute, const char *value)
{
	char *text = def_attribute(node, attribute);
	bool same = text && !strcmp(text, value);

	free(text);
	return same;
}

static int disk_source(struct def_disk *disk, const struct place *p)
{
	const xmlNode *source = def_child(p->node, "source");
	const char *wanted = disk->block ? "dev" : "file", *other = disk->block ? "file" : "dev";

	disk->source = def_attribute(source, wanted);
	if (!disk->source)
		return def_fail(p->f, p->label, source,
				"the source of a disk of type '%s' needs "
				"%s='/…'",
				disk->block ? "block" : "file", wanted);
	if (xmlHasProp(source, (const xmlChar *)other))
		return def_fail(p->f, p->label, source, "a disk of type '%s' takes %s='/…', not %s",
				disk->block ? "block" : "file", wanted, other);
	return 0;
}

static int disk_target(struct domain_def *def, struct def_disk *disk, const struct place *p)
{
	const xmlNode *target = def_child(p->node, "target");

	take_fixed(target, "dev", disk->target, sizeof(disk->target));
	if (units_disk_number(disk->target, &disk->number))
		return def_fail(p->f, p->label, target, "'%s' is no disk name; use xvda, xvdb, …",
				disk->target);
	for (unsigned int i = 0; i < def->disk_count; i++)
		if (def->disks[i].number == disk->number)
			return def_fail(p->f, p->label, target,
					"the target '%s' is used by two disks; give each its own",
					disk->target);
	return 0;
}

static int take_disk(struct domain_def *def, const struct place *p)
{
	struct def_disk *disk = &def->disks[def->disk_count];

	if (def->disk_count == DEF_DISKS_MAX)
		return def_fail(p->f, p->label, p->node, "more than %d disks", DEF_DISKS_MAX);
	disk->block = attribute_is(p->node, "type", "block");
	disk->readonly = def_child(p->node, "readonly") != NULL;
	if (disk_target(def, disk, p) || disk_source(disk, p)) {
		free(disk->source);
		return -1;
	}
	def->disk_count++;
	return 0;
}

static int nic_mac(struct domain_def *def, struct def_nic *nic, const struct place *p)
{
	const xmlNode *node = def_child(p->node, "mac");
	char *text = def_attribute(node, "address");
	int rc = text ? units_mac_parse(text, nic->mac) : 0;

	if (!text)
		units_mac_derive(def->uuid, def->nic_count, nic->mac);
	if (rc || (nic->mac[0] & 1)) {
		def_fail(p->f, p->label, node,
			 "'%s' is a multicast address; the first byte must be even", text);
		rc = -1;
	}
	free(text);
	for (unsigned int i = 0; !rc && i < def->nic_count; i++)
		if (!memcmp(def->nics[i].mac, nic->mac, sizeof(nic->mac)))
			rc = def_fail(p->f, p->label, node ? node : p->node,
				      "two interfaces have the same address; give each its own");
	return rc;
}

static int nic_bridge(struct def_nic *nic, const struct place *p)
{
	const xmlNode *source = def_child(p->node, "source");
	bool bridged = attribute_is(p->node, "type", "bridge");

	take_fixed(source, "bridge", nic->bridge, sizeof(nic->bridge));
	if (bridged && !nic->bridge[0])
		return def_fail(p->f, p->label, p->node,
				"an interface of type 'bridge' needs "
				"<source bridge='…'/>");
	if (!bridged && source)
		return def_fail(
			p->f, p->label, source,
			"an interface of type 'ethernet' is on no bridge; use type='bridge'");
	return 0;
}

static int take_nic(struct domain_def *def, const struct place *p)
{
	struct def_nic *nic = &def->nics[def->nic_count];

	if (def->nic_count == DEF_NICS_MAX)
		return def_fail(p->f, p->label, p->node, "more than %d interfaces", DEF_NICS_MAX);
	take_fixed(def_child(p->node, "target"), "dev", nic->ifname, sizeof(nic->ifname));
	if (nic_mac(def, nic, p) || nic_bridge(nic, p))
		return -1;
	/* libvirt writes the name that the last run had; the next has another number */
	if (!strncmp(nic->ifname, "vif", 3))
		nic->ifname[0] = '\0';
	for (unsigned int i = 0; nic->ifname[0] && i < def->nic_count; i++)
		if (!strcmp(def->nics[i].ifname, nic->ifname))
			return def_fail(p->f, p->label, p->node,
					"two interfaces are called '%s' in dom0", nic->ifname);
	def->nic_count++;
	return 0;
}

int def_devices(struct domain_def *def, const xmlNode *devices, const char *label,
		struct failure *f)
{
	for (const xmlNode *n = devices ? devices->children : NULL; n; n = n->next) {
		struct place p = {n, label, f};
		const char *name = n->type == XML_ELEMENT_NODE ? (const char *)n->name : "";

		if (!strcmp(name, "disk") && take_disk(def, &p))
			return -1;
		if (!strcmp(name, "interface") && take_nic(def, &p))
			return -1;
	}
	return 0;
}
