# SPDX-License-Identifier: GPL-2.0-only
# The console daemon. ring.c, backlog.c and request.c are pure and are linked by tests and the
# fuzzer too.

CONSOLED_OBJECTS := $(patsubst %.c,$(T)/pv/%.o,$(wildcard console/*.c))
DRIVER_PROGRAMS += $(T)/shoji-consoled

$(T)/shoji-consoled: LDLIBS += -lxenevtchn -lxengnttab -lxenforeignmemory
$(T)/shoji-consoled: $(CONSOLED_OBJECTS) $(DAEMON_OBJECTS) $(T)/libshoji.a
	$(LINK)
