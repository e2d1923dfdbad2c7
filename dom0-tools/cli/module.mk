# SPDX-License-Identifier: GPL-2.0-only
# `shoji`: the management command, all of cli/, supervisor/ and top/ over the library.

SHOJI_OBJECTS := $(patsubst %.c,$(T)/%.o,$(wildcard cli/*.c supervisor/*.c top/*.c)) \
	$(T)/daemon/log.o
TOOLS_PROGRAMS += $(T)/shoji

$(T)/shoji: LDLIBS += -lxencall -lxenforeignmemory -lxml2 -llzma -lz -lzstd -lncursesw -ltinfo
$(T)/shoji: $(SHOJI_OBJECTS) $(T)/libshoji.a
	$(LINK)
