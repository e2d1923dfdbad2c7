/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_load.c: from a file or text to a `struct domain_def`.
 *
 * Reads with libxml2 (no network, no document type, no entities), validates against the schema
 * inside the program, then takes the values out of the tree. When validation fails, def_explain.c
 * finds the words. No global state but libxml2's own; definitions come from the administrator,
 * yet nothing here trusts their size.
 */
#include "def_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>

#include "file_map.h"
#include "units.h"

#define READ_OPTIONS (XML_PARSE_NONET | XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA)

#define WHAT "use the definition"

int def_fail(struct failure *f, const char *label, const xmlNode *at, const char *format, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return fail_set(f, FAIL_DEFINITION, WHAT, NULL, NULL, "%s:%ld: %s", label,
			at ? xmlGetLineNo(at) : 0, text);
}

xmlNode *def_child(const xmlNode *parent, const char *name)
{
	for (xmlNode *n = parent ? parent->children : NULL; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && !strcmp((const char *)n->name, name))
			return n;
	return NULL;
}

/* Takes over `raw`, which came from libxml2. */
static char *trimmed(xmlChar *raw)
{
	const char *blanks = " \t\r\n";
	char *from = (char *)raw, *copy;
	size_t length;

	if (!raw)
		return NULL;
	from += strspn(from, blanks);
	length = strlen(from);
	while (length && strchr(blanks, from[length - 1]))
		length--;
	copy = strndup(from, length);
	xmlFree(raw);
	return copy;
}

char *def_text(const xmlNode *node)
{
	return node ? trimmed(xmlNodeGetContent(node)) : NULL;
}

char *def_attribute(const xmlNode *node, const char *name)
{
	return node ? trimmed(xmlGetProp(node, (const xmlChar *)name)) : NULL;
}

/* The first parse error, as the parser met it. */
struct complaint {
	int line;
	char text[300];
};

static void remember(void *data, xmlErrorPtr error)
{
	struct complaint *c = data;

	if (c->text[0] || !error->message)
		return;
	c->line = error->line;
	snprintf(c->text, sizeof(c->text), "%s", error->message);
	c->text[strcspn(c->text, "\n")] = '\0';
}

static xmlDoc *read_tree(const char *text, size_t size, const char *label, struct failure *f)
{
	struct complaint c = {0, ""};
	xmlDoc *doc;

	if (size > 1u << 20) {
		fail_set(f, FAIL_DEFINITION, WHAT, label, "a definition is some 40 lines of XML",
			 "it is larger than 1 MiB");
		return NULL;
	}
	xmlSetStructuredErrorFunc(&c, remember);
	doc = xmlReadMemory(text, (int)size, label, NULL, READ_OPTIONS);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (!doc) {
		fail_set(f, FAIL_DEFINITION, WHAT, NULL, NULL,
			 "%s:%d: this is not well-formed XML: %s", label, c.line, c.text);
		return NULL;
	}
	if (doc->intSubset) {
		def_fail(f, label, xmlDocGetRootElement(doc),
			 "a DOCTYPE is not accepted; begin with <domain type='xen'>");
		xmlFreeDoc(doc);
		return NULL;
	}
	return doc;
}

static xmlRelaxNG *parse_schema(void)
{
	xmlRelaxNGParserCtxt *parser;
	xmlRelaxNG *schema;

	parser = xmlRelaxNGNewMemParserCtxt(def_schema_start,
					    (int)(def_schema_end - def_schema_start));
	if (!parser)
		return NULL;
	schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	return schema;
}

/* 0 valid, > 0 invalid, < 0 the validator itself failed */
static int validate(xmlDoc *doc, struct complaint *c)
{
	xmlRelaxNG *schema = parse_schema();
	xmlRelaxNGValidCtxt *context;
	int verdict = -1;

	context = schema ? xmlRelaxNGNewValidCtxt(schema) : NULL;
	if (context) {
		xmlRelaxNGSetValidStructuredErrors(context, remember, c);
		verdict = xmlRelaxNGValidateDoc(context, doc);
		xmlRelaxNGFreeValidCtxt(context);
	}
	if (schema)
		xmlRelaxNGFree(schema);
	return verdict;
}

static int check_schema(xmlDoc *doc, const char *label, struct failure *f)
{
	struct complaint c = {0, ""};
	int verdict = validate(doc, &c);

	if (verdict == 0)
		return 0;
	if (verdict < 0)
		return fail_set(f, FAIL_GENERAL, WHAT, label, NULL, "the validator does not start");
	if (def_explain(xmlDocGetRootElement(doc), label, f))
		return -1;
	return fail_set(f, FAIL_DEFINITION, WHAT, NULL, NULL, "%s:%d: %s", label, c.line, c.text);
}

static int take_name(struct domain_def *def, const xmlNode *root, const char *label,
		     struct failure *f)
{
	const xmlNode *node = def_child(root, "name");
	char *name = def_text(node);
	uint64_t number;
	int rc = 0;

	if (!name)
		return fail_set(f, FAIL_GENERAL, WHAT, label, NULL, "out of memory");
	if (!units_number_parse(name, UINT64_MAX, &number))
		rc = def_fail(f, label, node,
			      "<name> is the number %s, which would be taken for a "
			      "domain id; use a name with a letter",
			      name);
	else
		snprintf(def->name, sizeof(def->name), "%s", name);
	free(name);
	return rc;
}

static int take_uuid(struct domain_def *def, const xmlNode *root, const char *label,
		     struct failure *f)
{
	const xmlNode *node = def_child(root, "uuid");
	char *text = def_text(node);
	int rc;

	if (!text)
		return units_uuid_random(def->uuid);
	rc = units_uuid_parse(text, def->uuid);
	if (rc)
		def_fail(f, label, node, "<uuid> '%s' is not 32 hexadecimal digits", text);
	free(text);
	return rc;
}

static int take_size(const xmlNode *node, const char *label, uint64_t *kib, struct failure *f)
{
	char *number = def_text(node), *unit = def_attribute(node, "unit");
	int rc = -1;

	if (!number || units_memory_parse(number, unit, kib))
		def_fail(f, label, node, "<%s> %s %s is too large", node->name,
			 number ? number : "", unit ? unit : "KiB");
	else if (*kib < 4096 || *kib > (1ull << 32))
		def_fail(f, label, node, "<%s> is %llu KiB; it must be between 4 MiB and 4 TiB",
			 node->name, (unsigned long long)*kib);
	else
		rc = 0;
	free(number);
	free(unit);
	return rc;
}

static int take_memory(struct domain_def *def, const xmlNode *root, const char *label,
		       struct failure *f)
{
	const xmlNode *current = def_child(root, "currentMemory");

	if (take_size(def_child(root, "memory"), label, &def->memory_kib, f))
		return -1;
	def->current_kib = def->memory_kib;
	if (!current)
		return 0;
	if (take_size(current, label, &def->current_kib, f))
		return -1;
	if (def->current_kib > def->memory_kib)
		return def_fail(f, label, current,
				"<currentMemory> (%llu KiB) is more than <memory> (%llu KiB)",
				(unsigned long long)def->current_kib,
				(unsigned long long)def->memory_kib);
	return 0;
}

/* A number 1..max from malloc'ed text (freed here); absent text leaves *value alone. */
static int take_count(char *text, unsigned int max, unsigned int *value)
{
	uint64_t parsed = *value;
	int rc = text ? units_number_parse(text, max, &parsed) : 0;

	free(text);
	if (rc || parsed < 1)
		return -1;
	*value = (unsigned int)parsed;
	return 0;
}

static int take_vcpus(struct domain_def *def, const xmlNode *root, const char *label,
		      struct failure *f)
{
	const xmlNode *node = def_child(root, "vcpu");

	def->vcpus_max = 1;
	if (take_count(def_text(node), DEF_VCPUS_MAX, &def->vcpus_max))
		return def_fail(f, label, node, "<vcpu> must be a number from 1 to %d",
				DEF_VCPUS_MAX);
	def->vcpus = def->vcpus_max;
	if (take_count(def_attribute(node, "current"), def->vcpus_max, &def->vcpus))
		return def_fail(f, label, node, "current='…' of <vcpu> must be from 1 to %u",
				def->vcpus_max);
	return def_cputune(def, root, label, f);
}

static int take_os(struct domain_def *def, const xmlNode *root, const char *label,
		   struct failure *f)
{
	const xmlNode *os = def_child(root, "os"), *cmdline = def_child(os, "cmdline");

	def->kernel = def_text(def_child(os, "kernel"));
	def->initrd = def_text(def_child(os, "initrd"));
	def->cmdline = cmdline ? def_text(cmdline) : strdup("");
	if (!def->kernel || !def->cmdline)
		return fail_set(f, FAIL_GENERAL, WHAT, label, NULL, "out of memory");
	if (strlen(def->cmdline) > DEF_CMDLINE_MAX)
		return def_fail(f, label, cmdline, "<cmdline> has %zu bytes; at most %d fit",
				strlen(def->cmdline), DEF_CMDLINE_MAX);
	return 0;
}

static void take_action(const xmlNode *root, const char *name, enum def_action otherwise,
			enum def_action *action)
{
	char *text = def_text(def_child(root, name));

	*action = otherwise;
	for (int i = DEF_DESTROY; text && i <= DEF_PRESERVE; i++)
		if (!strcmp(text, def_action_name((enum def_action)i)))
			*action = (enum def_action)i;
	free(text);
}

static char *take_metadata(const xmlNode *root)
{
	xmlNode *node = def_child(root, "metadata");
	xmlBuffer *buffer = node ? xmlBufferCreate() : NULL;
	char *copy = NULL;

	if (!buffer)
		return NULL;
	if (xmlNodeDump(buffer, node->doc, node, 1, 0) >= 0)
		copy = strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return copy;
}

static int take_all(struct domain_def *def, const xmlNode *root, const char *label,
		    struct failure *f)
{
	if (take_name(def, root, label, f) || take_uuid(def, root, label, f) ||
	    take_memory(def, root, label, f) || take_vcpus(def, root, label, f) ||
	    take_os(def, root, label, f))
		return -1;
	def->title = def_text(def_child(root, "title"));
	def->description = def_text(def_child(root, "description"));
	def->metadata = take_metadata(root);
	take_action(root, "on_poweroff", DEF_DESTROY, &def->on_poweroff);
	take_action(root, "on_reboot", DEF_RESTART, &def->on_reboot);
	take_action(root, "on_crash", DEF_DESTROY, &def->on_crash);
	return def_devices(def, def_child(root, "devices"), label, f);
}

struct domain_def *def_load_text(const char *text, size_t size, const char *label,
				 struct failure *f)
{
	struct domain_def *def = calloc(1, sizeof(*def));
	xmlDoc *doc = def ? read_tree(text, size, label, f) : NULL;

	if (doc && !check_schema(doc, label, f) &&
	    !take_all(def, xmlDocGetRootElement(doc), label, f)) {
		xmlFreeDoc(doc);
		return def;
	}
	if (doc)
		xmlFreeDoc(doc);
	fail_set(f, FAIL_GENERAL, WHAT, label, NULL, "out of memory");
	def_free(def);
	return NULL;
}

void def_free(struct domain_def *def)
{
	if (!def)
		return;
	for (unsigned int i = 0; i < def->disk_count; i++)
		free(def->disks[i].source);
	free(def->kernel);
	free(def->initrd);
	free(def->cmdline);
	free(def->title);
	free(def->description);
	free(def->metadata);
	free(def);
}

struct domain_def *def_load_file(const char *path, struct failure *f)
{
	struct file_map map = {NULL, 0};
	struct domain_def *def;

	if (file_map_open(&map, path, "read the definition", f))
		return NULL;
	def = def_load_text(map.data, map.size, path, f);
	file_map_close(&map);
	return def;
}
