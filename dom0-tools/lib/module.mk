# SPDX-License-Identifier: GPL-2.0-only
# The library of the dom0 tools: everything under lib/, as one archive. A program pulls in only the
# objects it uses; it names the libraries it needs itself.

LIB_OBJECTS := $(patsubst %.c,$(T)/%.o,$(wildcard lib/*.c)) $(T)/lib/elf_image.o
TOOLS_LIBS += $(T)/libshoji.a

$(T)/lib/def_%.o: CPPFLAGS += $(shell xml2-config --cflags)
$(T)/lib/def_schema.o: CPPFLAGS += -DSCHEMA_FILE='"$(abspath schema/domain.rng)"'
$(T)/lib/def_schema.o: schema/domain.rng

# The ELF parser is the hypervisor's own: boot code and builder read kernels the same way.
$(T)/lib/kernel_elf.o: CPPFLAGS += -iquote ../hypervisor/lib
$(T)/lib/elf_image.o: ../hypervisor/lib/elf_image.c
	@mkdir -p $(dir $@)
	$(Q)echo "  CC    $(@:$(T)/%=%)" && $(CC) $(CPPFLAGS) -iquote ../hypervisor/lib $(CFLAGS) -MMD -MP -c -o $@ $<

$(T)/libshoji.a: $(LIB_OBJECTS)
	@rm -f $@
	$(Q)echo "  AR    $(@F)" && $(AR) rcs $@ $^
