# SPDX-License-Identifier: GPL-2.0-only
# The store daemon. Its core (everything but main, host_xen, own_ring and the links) is pure and is
# linked by the unit tests and the fuzzer too.

STORE_OBJECTS := $(patsubst %.c,$(T)/%.o,$(wildcard store/*.c)) $(T)/daemon/log.o $(T)/daemon/process.o
TOOLS_PROGRAMS += $(T)/shoji-stored

$(T)/shoji-stored: LDLIBS += -lxenevtchn -lxengnttab -lxenforeignmemory -lxencall -lz
$(T)/shoji-stored: $(STORE_OBJECTS) $(T)/libshoji.a
	$(LINK)
