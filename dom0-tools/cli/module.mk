# SPDX-License-Identifier: GPL-2.0-only
# `shoji`: the management command, all of cli/, supervisor/ and top/ over the library.
# What only some commands need is linked in: a shared library costs each start some 300,000 instructions.

SHOJI_OBJECTS := $(patsubst %.c,$(T)/%.o,$(wildcard cli/*.c supervisor/*.c top/*.c)) \
	$(T)/daemon/log.o
TOOLS_PROGRAMS += $(T)/shoji

$(T)/shoji: LDLIBS += -lxencall -lxenforeignmemory -lxml2 -llzma -lz \
	-Wl,-Bstatic -lzstd -lncursesw -ltinfo -Wl,-Bdynamic
$(T)/shoji: $(SHOJI_OBJECTS) $(T)/libshoji.a
	$(LINK)
