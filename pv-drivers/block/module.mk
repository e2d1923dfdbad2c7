# SPDX-License-Identifier: GPL-2.0-only
# The block backend. request.c and inflight.c are pure and are linked by tests and the fuzzer too.
# liburing is linked in, so dom0 needs no library for it.

BLKBACK_OBJECTS := $(patsubst %.c,$(T)/pv/%.o,$(wildcard block/*.c backend/*.c sandbox/*.c))
DRIVER_PROGRAMS += $(T)/shoji-blkback

$(T)/shoji-blkback: LDLIBS += -lxenevtchn -lxengnttab -l:liburing.a
$(T)/shoji-blkback: $(BLKBACK_OBJECTS) $(DAEMON_OBJECTS) $(T)/libshoji.a
	$(LINK)
