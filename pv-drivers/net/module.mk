# SPDX-License-Identifier: GPL-2.0-only
# The network backend. packet.c is pure and is linked by unit tests and the fuzzer too.

NETBACK_OBJECTS := $(patsubst %.c,$(T)/pv/%.o,$(wildcard net/*.c backend/*.c sandbox/*.c))
DRIVER_PROGRAMS += $(T)/shoji-netback

$(T)/shoji-netback: LDLIBS += -lxenevtchn -lxengnttab
$(T)/shoji-netback: $(NETBACK_OBJECTS) $(DAEMON_OBJECTS) $(T)/libshoji.a
	$(LINK)
