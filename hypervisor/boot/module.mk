# SPDX-License-Identifier: GPL-2.0-only
# The boot programs: $(B)/shoji (multiboot) and $(B)/shoji.efi (UEFI), each with the run-time image
# $(B)/hypervisor.elf inside. Included by hypervisor/Makefile; paths are from hypervisor/.

B ?= ../build
BOOT := $(B)/boot
BOOT_CC ?= $(CC)

BOOT_COMMON := say serial libc kernel_file kernel_load image_load tables start handover image
BOOT_MB := $(BOOT_COMMON) memory_map text rsdp multiboot_entry multiboot_main
BOOT_EFI := $(BOOT_COMMON) memory_map config efi_main efi_console efi_file efi_info efi_memory
BOOT_LIBS := -Wl,--start-group -l:liblzma.a -l:libz.a -l:libzstd.a -Wl,--end-group

BOOT_FLAGS := -std=gnu11 -O2 -g -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables \
	      -fno-strict-aliasing -fcf-protection=none -mno-red-zone -fno-builtin-malloc -fno-tree-loop-distribute-patterns \
	      -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Werror -I. \
	      -I../include-public -MMD -MP

boot: $(B)/shoji $(B)/shoji.efi

# --- multiboot: objects at fixed low addresses ---

$(BOOT)/mb/%.o: boot/%.c | $(BOOT)/mb
	@echo '  CC $<'; $(BOOT_CC) $(BOOT_FLAGS) -fno-pie -c -o $@ $<

$(BOOT)/mb/elf_image.o: lib/elf_image.c | $(BOOT)/mb
	@echo '  CC $<'; $(BOOT_CC) $(BOOT_FLAGS) -fno-pie -c -o $@ $<

$(BOOT)/mb/%.o: boot/%.S | $(BOOT)/mb
	@echo '  CC $<'; $(BOOT_CC) $(BOOT_FLAGS) -fno-pie -DIMAGE_FILE='"$(BOOT)/image.elf"' -c -o $@ $<

$(BOOT)/mb/image.o: $(BOOT)/image.elf

$(BOOT)/image.elf: $(B)/hypervisor.elf | $(BOOT)/mb
	@objcopy --strip-all $< $@

$(BOOT)/shoji.elf64: $(patsubst %,$(BOOT)/mb/%.o,$(BOOT_MB) elf_image) boot/multiboot.lds
	@echo '  LD $@'; $(BOOT_CC) -nostdlib -static -no-pie -Wl,--build-id=none,-z,noexecstack,--no-warn-rwx-segments \
		-Wl,-T,boot/multiboot.lds -o $@ $(filter %.o,$^) $(BOOT_LIBS)

$(B)/shoji: $(BOOT)/shoji.elf64
	@objcopy --strip-all -O elf32-i386 $< $@

# --- UEFI: position-independent objects, relocated by gnu-efi's start-up code ---

BOOT_EFI_FLAGS := $(BOOT_FLAGS) -fpic -fvisibility=hidden -fshort-wchar -DGNU_EFI_USE_MS_ABI \
		  -maccumulate-outgoing-args -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
BOOT_EFI_LIB := /usr/lib

$(BOOT)/efi/%.o: boot/%.c | $(BOOT)/efi
	@echo '  CC $<'; $(BOOT_CC) $(BOOT_EFI_FLAGS) -c -o $@ $<

$(BOOT)/efi/elf_image.o: lib/elf_image.c | $(BOOT)/efi
	@echo '  CC $<'; $(BOOT_CC) $(BOOT_EFI_FLAGS) -c -o $@ $<

$(BOOT)/efi/%.o: boot/%.S | $(BOOT)/efi
	@echo '  CC $<'; $(BOOT_CC) $(BOOT_EFI_FLAGS) -DIMAGE_FILE='"$(BOOT)/image.elf"' -c -o $@ $<

$(BOOT)/efi/image.o: $(BOOT)/image.elf

$(BOOT)/shoji.so: $(patsubst %,$(BOOT)/efi/%.o,$(BOOT_EFI) elf_image) boot/efi.lds
	@echo '  LD $@'; $(BOOT_CC) -nostdlib -shared -Wl,-Bsymbolic,-znocombreloc,--no-undefined,--build-id=none \
		-Wl,-z,noexecstack,--no-warn-rwx-segments,-T,boot/efi.lds -o $@ \
		$(BOOT_EFI_LIB)/crt0-efi-x86_64.o $(filter %.o,$^) $(BOOT_LIBS) $(BOOT_EFI_LIB)/libgnuefi.a

$(B)/shoji.efi: $(BOOT)/shoji.so
	@objcopy -j .text -j .reloc -j .data -j .dynamic -j .rela -j .dynsym \
		--target efi-app-x86_64 --subsystem=10 $< $@

$(BOOT)/mb $(BOOT)/efi:
	@mkdir -p $@

-include $(wildcard $(BOOT)/mb/*.d $(BOOT)/efi/*.d)
.PHONY: boot
