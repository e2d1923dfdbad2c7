/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Definitions: what is accepted, what it becomes, and the words for what is refused.
 *
 * Each refusal is a small change to one good definition, with the line and the words that a
 * person must get to see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "def.h"

static const char good[] =
	"<domain type='xen' id='7'>\n"						 /* 1 */
	"  <name>g1</name>\n"							 /* 2 */
	"  <uuid>0123abcd-4567-89ef-fedc-ba9876543210</uuid>\n"			 /* 3 */
	"  <metadata><x:any xmlns:x='urn:x' a='b'>text<y/></x:any></metadata>\n" /* 4 */
	"  <memory unit='MiB'>256</memory>\n"					 /* 5 */
	"  <currentMemory unit='MiB'>128</currentMemory>\n"			 /* 6 */
	"  <vcpu placement='static' current='1'>2</vcpu>\n"			 /* 7 */
	"  <os>\n"								 /* 8 */
	"    <type arch='x86_64' machine='xenpv'>linux</type>\n"		 /* 9 */
	"    <kernel>/boot/vmlinuz</kernel>\n"					 /* 10 */
	"    <initrd>/boot/initrd</initrd>\n"					 /* 11 */
	"    <cmdline>root=/dev/xvda a=\"b&amp;c\"</cmdline>\n"			 /* 12 */
	"  </os>\n"								 /* 13 */
	"  <on_poweroff>destroy</on_poweroff>\n"				 /* 14 */
	"  <on_reboot>restart</on_reboot>\n"					 /* 15 */
	"  <on_crash>preserve</on_crash>\n"					 /* 16 */
	"  <devices>\n"								 /* 17 */
	"    <emulator>/usr/lib/xen/bin/qemu-dm</emulator>\n"			 /* 18 */
	"    <disk type='file' device='disk'>\n"				 /* 19 */
	"      <driver name='file' type='raw'/>\n"				 /* 20 */
	"      <source file='/d/a.img'/>\n"					 /* 21 */
	"      <target dev='xvda' bus='xen'/>\n"				 /* 22 */
	"    </disk>\n"								 /* 23 */
	"    <disk type='block' device='disk'>\n"				 /* 24 */
	"      <source dev='/dev/vg/b'/>\n"					 /* 25 */
	"      <target dev='xvdb'/>\n"						 /* 26 */
	"      <readonly/>\n"							 /* 27 */
	"    </disk>\n"								 /* 28 */
	"    <interface type='bridge'>\n"					 /* 29 */
	"      <mac address='00:16:3e:01:02:03'/>\n"				 /* 30 */
	"      <source bridge='br0'/>\n"					 /* 31 */
	"      <script path='vif-bridge'/>\n"					 /* 32 */
	"      <target dev='vif7.0'/>\n"					 /* 33 */
	"    </interface>\n"							 /* 34 */
	"    <interface type='ethernet'>\n"					 /* 35 */
	"      <target dev='tap-g1'/>\n"					 /* 36 */
	"    </interface>\n"							 /* 37 */
	"    <console type='pty' tty='/dev/pts/4'>\n"				 /* 38 */
	"      <source path='/dev/pts/4'/>\n"					 /* 39 */
	"      <target type='xen' port='0'/>\n"					 /* 40 */
	"    </console>\n"							 /* 41 */
	"    <memballoon model='xen'/>\n"					 /* 42 */
	"  </devices>\n"							 /* 43 */
	"</domain>\n";

/* `good` with the first occurrence of one text replaced. */
static char *changed(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	char *text;

	assert_non_null(at);
	assert_true(asprintf(&text, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from)) > 0);
	return text;
}

static void check_good(const struct domain_def *def)
{
	assert_string_equal(def->name, "g1");
	assert_int_equal(def->uuid[0], 0x01);
	assert_int_equal(def->uuid[15], 0x10);
	assert_int_equal(def->memory_kib, 256 * 1024);
	assert_int_equal(def->current_kib, 128 * 1024);
	assert_int_equal(def->vcpus_max, 2);
	assert_int_equal(def->vcpus, 1);
	assert_string_equal(def->kernel, "/boot/vmlinuz");
	assert_string_equal(def->initrd, "/boot/initrd");
	assert_string_equal(def->cmdline, "root=/dev/xvda a=\"b&c\"");
	assert_int_equal(def->on_poweroff, DEF_DESTROY);
	assert_int_equal(def->on_reboot, DEF_RESTART);
	assert_int_equal(def->on_crash, DEF_PRESERVE);
	assert_int_equal(def->disk_count, 2);
	assert_string_equal(def->disks[0].source, "/d/a.img");
	assert_string_equal(def->disks[0].target, "xvda");
	assert_int_equal(def->disks[0].number, 51712);
	assert_false(def->disks[0].block || def->disks[0].readonly);
	assert_true(def->disks[1].block && def->disks[1].readonly);
	assert_int_equal(def->nic_count, 2);
	assert_string_equal(def->nics[0].bridge, "br0");
	assert_string_equal(def->nics[0].ifname, "");
	assert_memory_equal(def->nics[0].mac, "\x00\x16\x3e\x01\x02\x03", 6);
	assert_string_equal(def->nics[1].bridge, "");
	assert_string_equal(def->nics[1].ifname, "tap-g1");
	assert_memory_equal(def->nics[1].mac, "\x00\x16\x3e", 3);
	assert_non_null(strstr(def->metadata, "<x:any"));
}

static void accepts_libvirt_style(void **state)
{
	struct failure f = {0};
	struct domain_def *def = def_load_text(good, strlen(good), "g.xml", &f);

	(void)state;
	assert_string_equal(f.why, "");
	assert_non_null(def);
	check_good(def);
	def_free(def);
}

static void write_and_read_again(void **state)
{
	struct failure f = {0};
	struct domain_def *def = def_load_text(good, strlen(good), "g.xml", &f), *again;
	char *text = def_write(def, 9), *text2;

	(void)state;
	assert_non_null(strstr(text, "id='9'"));
	again = def_load_text(text, strlen(text), "again", &f);
	assert_string_equal(f.why, "");
	check_good(again);
	text2 = def_write(again, 9);
	assert_string_equal(text, text2);
	free(text);
	free(text2);
	def_free(def);
	def_free(again);
}

static void processors(void **state)
{
	static const char with[] = "<cputune>\n    <shares>512</shares>\n"
				   "    <vcpupin vcpu='1' cpuset='0,2-3'/>\n  </cputune>";
	char *text = changed("current='1'>2</vcpu>", "cpuset='0-3,^2' current='1'>2</vcpu><cputune>"
						     "<vcpupin vcpu='1' cpuset='3,2,0'/>"
						     "<shares>512</shares></cputune>");
	struct failure f = {0};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct domain_def *def = def_load_text(text, strlen(text), "g.xml", &f);

		assert_string_equal(f.why, "");
		check_good(def);
		assert_int_equal(def->shares, 512);
		assert_int_equal(def->cpuset, 11);
		assert_int_equal(def->pins[0], 0);
		assert_int_equal(def->pins[1], 13);
		free(text);
		text = def_write(def, 9);
		assert_non_null(strstr(text, with));
		assert_non_null(strstr(text, "cpuset='0-1,3' current='1'>2</vcpu>"));
		def_free(def);
	}
	free(text);
}

static void minimal(void **state)
{
	const char *text = "<domain type='xen'><name>m</name><memory>65536</memory><os>"
			   "<type>xen</type><kernel>/k</kernel></os></domain>";
	struct failure f = {0};
	struct domain_def *def = def_load_text(text, strlen(text), "m.xml", &f);

	(void)state;
	assert_non_null(def);
	assert_int_equal(def->memory_kib, 65536);
	assert_int_equal(def->current_kib, 65536);
	assert_int_equal(def->vcpus_max, 1);
	assert_null(def->initrd);
	assert_string_equal(def->cmdline, "");
	assert_int_equal(def->on_reboot, DEF_RESTART);
	def_free(def);
}

struct refusal {
	const char *from, *to, *words;
};

static const struct refusal refusals[] = {
	{"<domain type='xen' id='7'>", "<domain type='kvm'>",
	 "g.xml:1: attribute 'type' of <domain> is 'kvm'; right would be: xen"},
	{"<domain type='xen' id='7'>", "<domain>", "g.xml:1: <domain> needs the attribute type="},
	{"<domain type='xen' id='7'>", "<domain type='xen' foo='1'>",
	 "g.xml:1: attribute 'foo' of <domain> is unknown; known are: type, id"},
	{"  <name>g1</name>\n", "", "g.xml:1: <domain> needs a <name>"},
	{"<name>g1</name>", "<name>g 1</name>", "g.xml:2: the content of <name> is 'g 1'"},
	{"<name>g1</name>", "<name>17</name>", "g.xml:2: <name> is the number 17"},
	{"<name>g1</name>", "<name>g1</name><name>g2</name>", "g.xml:2: a second <name>"},
	{"<name>g1</name>", "<name>../x</name>", "g.xml:2: the content of <name>"},
	{"<uuid>0123abcd", "<uuid>0123abc", "g.xml:3: the content of <uuid>"},
	{"unit='MiB'>256", "unit='MiBs'>256",
	 "g.xml:5: attribute 'unit' of <memory> is 'MiBs'; right would be: one of b bytes"},
	{">256<", ">lots<", "g.xml:5: the content of <memory> is 'lots'"},
	{">256<", ">1<", "g.xml:5: <memory> is 1024 KiB; it must be between"},
	{">128<", ">512<", "g.xml:6: <currentMemory> (524288 KiB) is more than <memory>"},
	{">2</vcpu>", ">65</vcpu>", "g.xml:7: <vcpu> must be a number from 1 to 64"},
	{"current='1'", "cpuset='lots'",
	 "g.xml:7: attribute 'cpuset' of <vcpu> is 'lots'; right would be: the processors"},
	{"current='1'", "cpuset='0-64'", "g.xml:7: cpuset='0-64' is no list of processors"},
	{"current='1'", "cpuset='3-1'", "g.xml:7: cpuset='3-1' is no list of processors"},
	{"  <os>\n", "  <cputune><shares>0</shares></cputune><os>\n",
	 "g.xml:8: <shares> must be a number from 1 to 65535"},
	{"  <os>\n", "  <cputune><shares>65536</shares></cputune><os>\n",
	 "g.xml:8: <shares> must be a number from 1 to 65535"},
	{"  <os>\n", "  <cputune><vcpupin vcpu='2' cpuset='0'/></cputune><os>\n",
	 "g.xml:8: vcpu='\xe2\x80\xa6' of <vcpupin> must be from 0 to 1"},
	{"  <os>\n", "  <cputune><vcpupin vcpu='0'/></cputune><os>\n",
	 "g.xml:8: <vcpupin> needs the attribute cpuset="},
	{"  <os>\n",
	 "  <cputune><vcpupin vcpu='0' cpuset='0'/><vcpupin vcpu='0' cpuset='1'/></cputune><os>\n",
	 "g.xml:8: there are two <vcpupin> of vcpu='0'"},
	{">2</vcpu>", ">0</vcpu>", "g.xml:7: <vcpu> must be"},
	{"current='1'", "current='3'", "g.xml:7: current="},
	{">linux<", ">hvm<", "g.xml:9: the content of <type> is 'hvm'; right would be: linux"},
	{"    <kernel>/boot/vmlinuz</kernel>\n", "", "g.xml:8: <os> needs a <kernel>"},
	{"/boot/vmlinuz", "boot/vmlinuz", "g.xml:10: the content of <kernel>"},
	{"    <initrd>", "    <loader>/x</loader><initrd>",
	 "g.xml:11: <loader> is unknown inside <os>; known are: type, kernel, initrd, cmdline"},
	{">restart<", ">rename-restart<",
	 "g.xml:15: the content of <on_reboot> is 'rename-restart'; right would be: destroy, "
	 "restart or preserve"},
	{"<disk type='file'", "<disk type='network'",
	 "g.xml:19: attribute 'type' of <disk> is 'network'; right would be: file or block"},
	{"type='raw'", "type='qcow2'", "g.xml:20: attribute 'type' of <driver> is 'qcow2'"},
	{"<source file='/d/a.img'/>", "<source dev='/d/a.img'/>",
	 "g.xml:21: the source of a disk of type 'file' needs file="},
	{"      <source file='/d/a.img'/>\n", "", "g.xml:19: <disk> needs a <source>"},
	{"dev='xvda'", "dev='sda'",
	 "g.xml:22: attribute 'dev' of <target> is 'sda'; right would be: xvda"},
	{"dev='xvdb'", "dev='xvda'", "g.xml:26: the target 'xvda' is used by two disks"},
	{"00:16:3e:01:02:03", "01:16:3e:01:02:03",
	 "g.xml:30: '01:16:3e:01:02:03' is a multicast address"},
	{"00:16:3e:01:02:03", "00:16:3e:01:02", "g.xml:30: attribute 'address' of <mac>"},
	{"      <source bridge='br0'/>\n", "", "g.xml:29: an interface of type 'bridge' needs"},
	{"<target dev='tap-g1'/>", "<source bridge='br0'/>",
	 "g.xml:36: an interface of type 'ethernet' is on no bridge"},
	{"<memballoon model='xen'/>", "<graphics type='vnc'/>",
	 "g.xml:42: <graphics> is unknown inside <devices>; known are: emulator, disk"},
	{"<memballoon model='xen'/>", "oops", "stray text inside <devices>"},
	{"</domain>", "", "this is not well-formed XML"},
	{"<domain", "<!DOCTYPE domain [<!ENTITY a 'b'>]><domain", "a DOCTYPE is not accepted"},
};

static void check_refusal(const struct refusal *r)
{
	char *text = changed(r->from, r->to), line[1024];
	struct failure f = {0};
	struct domain_def *def = def_load_text(text, strlen(text), "g.xml", &f);

	assert_null(def);
	assert_int_equal(f.code, FAIL_DEFINITION);
	failure_format(&f, line, sizeof(line));
	if (!strstr(line, r->words))
		print_error("wanted: %s\ngot:    %s\n", r->words, line);
	assert_non_null(strstr(line, r->words));
	free(text);
}

static void refuses_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		check_refusal(&refusals[i]);
}

static void refuses_long_cmdline(void **state)
{
	char option[1100], *text;
	struct failure f = {0};

	(void)state;
	memset(option, 'x', sizeof(option));
	option[sizeof(option) - 1] = '\0';
	text = changed("root=/dev/xvda", option);
	assert_null(def_load_text(text, strlen(text), "g.xml", &f));
	assert_non_null(strstr(f.why, "g.xml:12: <cmdline> has"));
	free(text);
}

/* Every prefix of a definition is refused, without a crash or a leak. */
static void refuses_every_prefix(void **state)
{
	(void)state;
	for (size_t size = 0; size < strlen(good) - 2; size += 7) {
		struct failure f = {0};
		char *text = strndup(good, size);

		assert_null(def_load_text(text, size, "g.xml", &f));
		assert_int_not_equal(f.code, FAIL_NONE);
		free(text);
	}
}

static void missing_files_have_advice(void **state)
{
	struct failure f = {0};
	struct domain_def *def = def_load_text(good, strlen(good), "g.xml", &f);

	(void)state;
	free(def->kernel);
	def->kernel = strdup("/nonexistent/vmlinuz");
	assert_int_equal(def_check_files(def, &f), -1);
	assert_int_equal(f.code, FAIL_FILE);
	assert_string_equal(f.object, "/nonexistent/vmlinuz");
	assert_string_not_equal(f.advice, "");
	def_free(def);
	f = (struct failure){0};
	assert_null(def_load_file("/nonexistent/x.xml", &f));
	assert_int_equal(f.code, FAIL_FILE);
	f = (struct failure){0};
	assert_null(def_load_file("/", &f));
	assert_int_equal(f.code, FAIL_FILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_libvirt_style),
		cmocka_unit_test(write_and_read_again),
		cmocka_unit_test(processors),
		cmocka_unit_test(minimal),
		cmocka_unit_test(refuses_with_words),
		cmocka_unit_test(refuses_long_cmdline),
		cmocka_unit_test(refuses_every_prefix),
		cmocka_unit_test(missing_files_have_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
