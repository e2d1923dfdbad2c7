# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of dom0-tools/lib. Per test: NAME_SRCS (beside NAME.c; from the root of the tree),
# NAME_CPPFLAGS and NAME_LIBS.

DEF_SRCS := $(addprefix dom0-tools/lib/,def_check.c def_cputune.c def_devices.c cpuset.c def_explain.c def_load.c \
	      def_schema.c def_write.c units.c failure.c file_map.c)
DEF_CPPFLAGS := -I/usr/include/libxml2 -DSCHEMA_FILE='"$(abspath $(ROOT)/dom0-tools/schema/domain.rng)"'

UNIT_TESTS += xml_units
xml_units_SRCS := dom0-tools/lib/units.c dom0-tools/lib/cpuset.c

UNIT_TESTS += tools_pace
tools_pace_SRCS := dom0-tools/lib/pace.c

UNIT_TESTS += xml_def
xml_def_SRCS := $(DEF_SRCS)
xml_def_CPPFLAGS := $(DEF_CPPFLAGS)
xml_def_LIBS := -lxml2
