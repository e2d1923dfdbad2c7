/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's command line, as Xen's users know it. A table of names; each has a function that
 * reads the value, which lies between two pointers into the line. A word that is unknown or whose
 * value cannot be read is kept, and warned of when there is a console; it never stops the boot.
 * Pure but for the log.
 */
#include "machine/options.h"

#include "core/log.h"
#include "lib/string.h"

struct text {
	const char *at, *end;
};

static bool is(struct text t, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(t.end - t.at) == n && !memcmp(t.at, word, n);
}

/* Cut off t up to the first `mark`; what is behind it stays in *t. */
static struct text cut(struct text *t, char mark)
{
	struct text part = *t;

	for (part.end = t->at; part.end < t->end && *part.end != mark;)
		part.end++;
	t->at = part.end < t->end ? part.end + 1 : t->end;
	return part;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Takes the digits off the front of *t. */
static bool number(struct text *t, uint64_t *value)
{
	unsigned int base = 10;
	const char *start;

	if (t->end - t->at > 2 && t->at[0] == '0' && (t->at[1] | 0x20) == 'x') {
		base = 16;
		t->at += 2;
	}
	start = t->at;
	*value = 0;
	for (; t->at < t->end && (unsigned int)digit(*t->at) < base; t->at++) {
		if (*value > (UINT64_MAX >> 5))
			return false;
		*value = *value * base + (unsigned int)digit(*t->at);
	}
	return t->at > start;
}

static bool count(struct text t, unsigned int *value)
{
	uint64_t v;

	if (!number(&t, &v) || t.at != t.end || v > 65535 * 64)
		return false;
	*value = (unsigned int)v;
	return true;
}

bool options_size(const char *text, const char *end, uint64_t *bytes)
{
	static const char units[] = "bkmgt";
	struct text t = {text, end};
	unsigned int shift = 10; /* without a unit: KiB, as elsewhere */
	uint64_t v;

	if (!number(&t, &v))
		return false;
	if (t.at < t.end) {
		for (shift = 0; shift < 5 && units[shift] != (*t.at | 0x20);)
			shift++;
		if (shift == 5)
			return false;
		shift *= 10;
		t.at++;
	}
	if (t.at != t.end || v > UINT64_MAX >> shift)
		return false;
	*bytes = v << shift;
	return true;
}

static bool boolean(struct text t, bool *value)
{
	*value = t.at == t.end || is(t, "1") || is(t, "on") || is(t, "yes") || is(t, "true");
	return *value || is(t, "0") || is(t, "off") || is(t, "no") || is(t, "false");
}

/* --- one function per option --- */

static bool option_dom0_mem(struct options *o, struct text t)
{
	while (t.at < t.end) {
		struct text part = cut(&t, ',');
		uint64_t *target = &o->dom0_mem;

		if (part.end - part.at > 4 && !memcmp(part.at, "min:", 4))
			target = &o->dom0_mem_min;
		else if (part.end - part.at > 4 && !memcmp(part.at, "max:", 4))
			target = &o->dom0_mem_max;
		if (target != &o->dom0_mem)
			part.at += 4;
		if (!options_size(part.at, part.end, target))
			return false;
	}
	return true;
}

/* A number, or a range min-max, of which the upper end counts. */
static bool option_dom0_max_vcpus(struct options *o, struct text t)
{
	struct text low = cut(&t, '-');

	return count(t.at < t.end ? t : low, &o->dom0_max_vcpus);
}

static bool option_maxcpus(struct options *o, struct text t)
{
	return count(t, &o->maxcpus) && o->maxcpus > 0;
}

static bool option_nosmp(struct options *o, struct text t)
{
	o->maxcpus = 1;
	return t.at == t.end;
}

/* baud[/clock][,8n1[,port[,irq]]]; baud may be `auto` */
static bool option_com1(struct options *o, struct text t)
{
	struct text baud = cut(&t, ','), rate = cut(&baud, '/');
	struct text frame = cut(&t, ','), port = cut(&t, ','), irq = cut(&t, ',');
	unsigned int value;

	if (is(rate, "auto"))
		o->com1_baud = 0;
	else if (!count(rate, &o->com1_baud))
		return false;
	if (frame.at != frame.end && !is(frame, "8n1"))
		return false;
	if (port.at != port.end) {
		if (!count(port, &value) || value > 0xfff8)
			return false;
		o->com1_port = (uint16_t)value;
	}
	return irq.at == irq.end || (count(irq, &o->com1_irq) && o->com1_irq < 16);
}

static bool option_console(struct options *o, struct text t)
{
	while (t.at < t.end) {
		struct text one = cut(&t, ',');

		if (is(one, "com1")) {
			o->console = CONSOLE_COM1;
			return true;
		}
		if (is(one, "vga"))
			o->console = CONSOLE_VGA;
		else if (is(one, "none"))
			o->console = CONSOLE_NONE;
		else
			return false;
	}
	return true;
}

/* A level, or `level/level`, of which the first counts. */
static bool level(struct text t, int *value)
{
	static const char *const names[] = {"none", "error", "warning", "info", "debug"};
	struct text first = cut(&t, '/');

	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		if (is(first, names[i])) {
			*value = i - 1;
			return true;
		}
	}
	*value = LOGLVL_ALL;
	return is(first, "all");
}

static bool option_loglvl(struct options *o, struct text t)
{
	return level(t, &o->loglvl);
}

static bool option_guest_loglvl(struct options *o, struct text t)
{
	return level(t, &o->guest_loglvl);
}

static bool option_noreboot(struct options *o, struct text t)
{
	return boolean(t, &o->noreboot);
}

static bool option_audit_plant(struct options *o, struct text t)
{
	return boolean(t, &o->audit_plant);
}

static bool option_sync_console(struct options *o, struct text t)
{
	return boolean(t, &o->sync_console);
}

static bool option_tsc(struct options *o, struct text t)
{
	o->tsc_unstable = is(t, "unstable");
	o->tsc_stable = is(t, "stable");
	return o->tsc_unstable || o->tsc_stable;
}

static bool option_sched(struct options *o, struct text t)
{
	o->sched_static = is(t, "static");
	return o->sched_static || is(t, "fair");
}

static bool option_pti(struct options *o, struct text t)
{
	bool on;

	if (is(t, "default")) {
		o->pti = -1;
		return true;
	}
	if (!boolean(t, &on))
		return false;
	o->pti = on;
	return true;
}

/* "no-name" or "name=bool": into *wish. False: it is something else. */
static bool wish(struct text t, const char *name, int *wish)
{
	struct text what = cut(&t, '=');
	bool on = true;

	if (what.end - what.at > 3 && !memcmp(what.at, "no-", 3)) {
		what.at += 3;
		on = false;
	}
	if (!is(what, name) || (on ? !boolean(t, &on) : t.at != t.end))
		return false;
	*wish = on;
	return true;
}

static bool thunk(struct text t, int *wish)
{
	static const char *const names[] = {"bti-thunk=retpoline", "bti-thunk=lfence",
					    "bti-thunk=jmp"};

	for (int i = 0; i < (int)ARRAY_SIZE(names); i++) {
		if (!is(t, names[i]))
			continue;
		*wish = i;
		return true;
	}
	return false;
}

static bool spec_part(struct spec_wish *w, struct text t)
{
	return wish(t, "ibpb", &w->ibpb) || wish(t, "rsb", &w->rsb) ||
	       wish(t, "lock-harden", &w->lock) || thunk(t, &w->thunk);
}

/* no, or a list of bti-thunk=..., [no-]ibpb, [no-]rsb, [no-]lock-harden */
static bool option_spec_ctrl(struct options *o, struct text t)
{
	struct spec_wish w = o->spec;
	bool on;

	if (boolean(t, &on)) {
		if (!on)
			o->spec = (struct spec_wish){.thunk = THUNK_JUMP};
		return true;
	}
	while (t.at < t.end)
		if (!spec_part(&w, cut(&t, ',')))
			return false;
	o->spec = w;
	return true;
}

static const struct {
	const char *name;
	bool (*read)(struct options *o, struct text value);
} table[] = {
	{"dom0_mem", option_dom0_mem},
	{"dom0_max_vcpus", option_dom0_max_vcpus},
	{"maxcpus", option_maxcpus},
	{"nosmp", option_nosmp},
	{"com1", option_com1},
	{"console", option_console},
	{"loglvl", option_loglvl},
	{"guest_loglvl", option_guest_loglvl},
	{"noreboot", option_noreboot},
	{"sync_console", option_sync_console},
	{"tsc", option_tsc},
	{"pti", option_pti},
	{"xpti", option_pti},
	{"audit-plant", option_audit_plant},
	{"spec-ctrl", option_spec_ctrl},
	{"sched", option_sched},
};

static bool parse_word(struct options *o, struct text word)
{
	struct text name = cut(&word, '=');

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (is(name, table[i].name))
			return table[i].read(o, word);
	return false;
}

static void keep_unknown(struct options *o, struct text word)
{
	size_t n = MIN((size_t)(word.end - word.at), (size_t)OPTIONS_WORD_MAX - 1);

	if (o->unknown_count == OPTIONS_UNKNOWN_MAX)
		return;
	memcpy(o->unknown[o->unknown_count], word.at, n);
	o->unknown[o->unknown_count++][n] = '\0';
}

void options_parse(const char *cmdline, struct options *o)
{
	struct text line = {cmdline, cmdline + strlen(cmdline)};

	memset(o, 0, sizeof(*o));
	o->com1_baud = 115200;
	o->com1_port = 0x3f8;
	o->com1_irq = 4;
	o->loglvl = LOG_INFO;
	o->guest_loglvl = LOG_WARNING;
	o->pti = -1;
	o->spec = (struct spec_wish){-1, -1, -1, -1};
	while (line.at < line.end) {
		struct text word = cut(&line, ' ');

		if (word.at != word.end && !is(word, "--") && !parse_word(o, word))
			keep_unknown(o, word);
	}
}

void options_log_unknown(const struct options *o)
{
	for (unsigned int i = 0; i < o->unknown_count; i++)
		log_warn("option \"%s\" is unknown or has a bad value, and is ignored",
			 o->unknown[i]);
}
