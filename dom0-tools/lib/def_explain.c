/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * def_explain.c: says in words what is wrong with a definition that the schema refused.
 *
 * libxml2's own messages ("invalid sequence in interleave") help nobody, so this walks document
 * and schema side by side and stops at the first difference. The words for "what would be right"
 * are the annotations of the schema and the names it lists: there is no second list here. It
 * understands the plain subset of RELAX NG that schema/domain.rng promises to keep to, runs only
 * after a refusal, and never accepts or refuses by itself.
 */
#include "def_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/xmlregexp.h>

#define ELEMENTS_MAX   32
#define ATTRIBUTES_MAX 8
#define DEPTH_MAX      16

struct part {
	xmlNode *pattern;
	bool optional, repeated;
};

/* What one element may contain, gathered from its pattern. */
struct shape {
	struct part elements[ELEMENTS_MAX];
	struct part attributes[ATTRIBUTES_MAX];
	unsigned int element_count, attribute_count;
	xmlNode *content; /* pattern of the text; NULL: no text */
	xmlNode *documentation;
	bool open; /* anything goes */
};

struct walk {
	xmlNode *grammar;
	const char *label;
	struct failure *failure;
};

static bool is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name);
}

static bool named(const xmlNode *pattern, const xmlChar *name)
{
	xmlChar *own = xmlGetProp(pattern, (const xmlChar *)"name");
	bool same = own && !xmlStrcmp(own, name);

	xmlFree(own);
	return same;
}

static xmlNode *find_define(const struct walk *w, xmlNode *ref)
{
	xmlChar *name = xmlGetProp(ref, (const xmlChar *)"name");
	xmlNode *found = NULL;

	for (xmlNode *n = w->grammar->children; n && !found; n = n->next)
		if (is(n, "define") && named(n, name))
			found = n;
	xmlFree(name);
	return found;
}

static void add(struct part *parts, unsigned int *count, unsigned int max, xmlNode *pattern,
		struct part how)
{
	if (*count == max)
		return;
	how.pattern = pattern;
	parts[(*count)++] = how;
}

static void gather(const struct walk *w, xmlNode *pattern, struct part how, struct shape *s,
		   unsigned int depth);

static void gather_ref(const struct walk *w, xmlNode *ref, struct part how, struct shape *s,
		       unsigned int depth)
{
	xmlNode *define = find_define(w, ref);

	if (named(ref, (const xmlChar *)"anything"))
		s->open = true;
	else if (define && depth < DEPTH_MAX)
		gather(w, define, how, s, depth + 1);
}

static void gather_one(const struct walk *w, xmlNode *n, struct part how, struct shape *s,
		       unsigned int depth)
{
	if (is(n, "element"))
		add(s->elements, &s->element_count, ELEMENTS_MAX, n, how);
	else if (is(n, "attribute"))
		add(s->attributes, &s->attribute_count, ATTRIBUTES_MAX, n, how);
	else if (is(n, "ref"))
		gather_ref(w, n, how, s, depth);
	else if (is(n, "optional"))
		gather(w, n, (struct part){NULL, true, how.repeated}, s, depth);
	else if (is(n, "zeroOrMore"))
		gather(w, n, (struct part){NULL, true, true}, s, depth);
	else if (is(n, "interleave") || is(n, "group"))
		gather(w, n, how, s, depth);
	else if (is(n, "documentation"))
		s->documentation = s->documentation ? s->documentation : n;
	else if (is(n, "choice") || is(n, "value") || is(n, "data") || is(n, "text"))
		s->content = n;
}

static void gather(const struct walk *w, xmlNode *pattern, struct part how, struct shape *s,
		   unsigned int depth)
{
	for (xmlNode *n = pattern->children; n; n = n->next)
		gather_one(w, n, how, s, depth);
}

static struct shape shape_of(const struct walk *w, xmlNode *pattern)
{
	struct shape s = {0};

	gather(w, pattern, (struct part){NULL, false, false}, &s, 0);
	return s;
}

/* "a, b or c" of what the parts are called. */
static void list_names(const struct part *parts, unsigned int count, char *to, size_t size)
{
	size_t used = 0;

	to[0] = '\0';
	for (unsigned int i = 0; i < count && used < size; i++) {
		xmlChar *name = xmlGetProp(parts[i].pattern, (const xmlChar *)"name");

		used += (size_t)snprintf(to + used, size - used, "%s%s", i ? ", " : "",
					 (const char *)name);
		xmlFree(name);
	}
	if (!count)
		snprintf(to, size, "nothing");
}

static bool matches_regexp(const xmlNode *data, const char *text)
{
	char *expression = def_text(def_child(data, "param"));
	xmlRegexp *compiled = expression ? xmlRegexpCompile((const xmlChar *)expression) : NULL;
	bool match = true;

	if (compiled) {
		match = xmlRegexpExec(compiled, (const xmlChar *)text) == 1;
		xmlRegFreeRegexp(compiled);
	}
	free(expression);
	return match;
}

static bool matches_value(const xmlNode *value, const char *text)
{
	char *wanted = def_text(value);
	const char *from = text + strspn(text, " \t\r\n");
	size_t length = wanted ? strlen(wanted) : 0;
	bool same = wanted && !strncmp(from, wanted, length) &&
		    !from[length + strspn(from + length, " \t\r\n")];

	free(wanted);
	return same;
}

static bool matches(const xmlNode *content, const char *text)
{
	if (is(content, "value"))
		return matches_value(content, text);
	if (is(content, "data"))
		return matches_regexp(content, text);
	if (!is(content, "choice"))
		return true;
	for (const xmlNode *n = content->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && matches(n, text))
			return true;
	return false;
}

static int explain_value(const struct walk *w, const struct shape *s, const xmlNode *at,
			 const char *kind, const char *name, const char *text)
{
	char *right;

	if (!s->content || matches(s->content, text))
		return 0;
	right = def_text(s->documentation);
	def_fail(w->failure, w->label, at, "%s %s is '%.100s'; right would be: %s", kind, name,
		 text, right ? right : "another value");
	free(right);
	return -1;
}

static const struct part *find(const struct part *parts, unsigned int count, const xmlChar *name)
{
	for (unsigned int i = 0; i < count; i++)
		if (named(parts[i].pattern, name))
			return &parts[i];
	return NULL;
}

static int explain_attribute(const struct walk *w, const struct shape *s, const xmlNode *element,
			     const xmlAttr *attribute)
{
	const struct part *part = find(s->attributes, s->attribute_count, attribute->name);
	char names[200], called[80];
	struct shape value;
	char *text;
	int rc;

	if (!part) {
		list_names(s->attributes, s->attribute_count, names, sizeof(names));
		return def_fail(w->failure, w->label, element,
				"attribute '%s' of <%s> is unknown; known are: %s", attribute->name,
				element->name, names);
	}
	value = shape_of(w, part->pattern);
	text = def_attribute(element, (const char *)attribute->name);
	snprintf(called, sizeof(called), "'%.40s' of <%.16s>", attribute->name, element->name);
	rc = text ? explain_value(w, &value, element, "attribute", called, text) : 0;
	free(text);
	return rc;
}

static int explain_attributes(const struct walk *w, const struct shape *s, const xmlNode *element)
{
	for (const xmlAttr *a = element->properties; a; a = a->next)
		if (explain_attribute(w, s, element, a))
			return -1;
	for (unsigned int i = 0; i < s->attribute_count; i++) {
		xmlChar *name = xmlGetProp(s->attributes[i].pattern, (const xmlChar *)"name");
		bool missing = !s->attributes[i].optional && !xmlHasProp(element, name);
		char *right = def_text(shape_of(w, s->attributes[i].pattern).documentation);

		if (missing)
			def_fail(w->failure, w->label, element,
				 "<%s> needs the attribute %s='…': %s", element->name, name,
				 right ? right : "a value");
		xmlFree(name);
		free(right);
		if (missing)
			return -1;
	}
	return 0;
}

static int explain_missing(const struct walk *w, const struct shape *s, const xmlNode *element)
{
	for (unsigned int i = 0; i < s->element_count; i++) {
		xmlChar *name = xmlGetProp(s->elements[i].pattern, (const xmlChar *)"name");
		bool missing = !s->elements[i].optional && !def_child(element, (const char *)name);
		char *right = def_text(shape_of(w, s->elements[i].pattern).documentation);

		if (missing)
			def_fail(w->failure, w->label, element, "<%s> needs a <%s>%s%s",
				 element->name, name, right ? ": " : "", right ? right : "");
		xmlFree(name);
		free(right);
		if (missing)
			return -1;
	}
	return 0;
}

/* An earlier sibling of the same name; NULL if this is the first. */
static const xmlNode *earlier(const xmlNode *node)
{
	for (const xmlNode *n = node->prev; n; n = n->prev)
		if (is(n, (const char *)node->name))
			return n;
	return NULL;
}

static int explain_element(const struct walk *w, xmlNode *element, xmlNode *pattern,
			   unsigned int depth);

static int explain_child(const struct walk *w, const struct shape *s, xmlNode *child,
			 unsigned int depth)
{
	const struct part *part = find(s->elements, s->element_count, child->name);
	char names[300];

	if (!part) {
		list_names(s->elements, s->element_count, names, sizeof(names));
		return def_fail(w->failure, w->label, child,
				"<%s> is unknown inside <%s>; known are: %s", child->name,
				child->parent->name, names);
	}
	if (!part->repeated && earlier(child))
		return def_fail(w->failure, w->label, child,
				"a second <%s> inside <%s>; the first is in line %ld", child->name,
				child->parent->name, xmlGetLineNo(earlier(child)));
	return explain_element(w, child, part->pattern, depth);
}

static int explain_content(const struct walk *w, const struct shape *s, const xmlNode *element)
{
	char *text = def_text(element), called[64];
	int rc = 0;

	snprintf(called, sizeof(called), "<%.40s>", element->name);
	if (text && s->content)
		rc = explain_value(w, s, element, "the content of", called, text);
	free(text);
	return rc;
}

/* Text between elements where none belongs. */
static int explain_stray_text(const struct walk *w, const struct shape *s, const xmlNode *node)
{
	const char *text = (const char *)node->content;

	if (node->type != XML_TEXT_NODE || s->content || !text || xmlIsBlankNode(node))
		return 0;
	return def_fail(w->failure, w->label, node,
			"stray text inside <%s>; only elements belong "
			"there",
			node->parent->name);
}

static int explain_element(const struct walk *w, xmlNode *element, xmlNode *pattern,
			   unsigned int depth)
{
	struct shape s = shape_of(w, pattern);

	if (s.open || depth > DEPTH_MAX)
		return 0;
	if (explain_attributes(w, &s, element) || explain_content(w, &s, element))
		return -1;
	for (xmlNode *n = element->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE ? explain_child(w, &s, n, depth + 1)
						: explain_stray_text(w, &s, n))
			return -1;
	return explain_missing(w, &s, element);
}

static xmlNode *root_pattern(const struct walk *w)
{
	for (xmlNode *n = w->grammar->children; n; n = n->next)
		if (is(n, "define") && named(n, (const xmlChar *)"domain"))
			return def_child(n, "element");
	return NULL;
}

int def_explain(xmlNode *root, const char *label, struct failure *f)
{
	xmlDoc *schema = xmlReadMemory(def_schema_start, (int)(def_schema_end - def_schema_start),
				       "domain.rng", NULL, XML_PARSE_NONET);
	struct walk w = {schema ? xmlDocGetRootElement(schema) : NULL, label, f};
	xmlNode *pattern = schema ? root_pattern(&w) : NULL;
	int rc = 0;

	if (pattern && !is(root, "domain"))
		rc = def_fail(f, label, root,
			      "the outermost element is <%s>; it must be <domain type='xen'>",
			      root->name);
	else if (pattern)
		rc = explain_element(&w, root, pattern, 0);
	xmlFreeDoc(schema);
	return rc;
}
