# SPDX-License-Identifier: GPL-2.0-only
# systemd units of the daemons, and the script for machines without systemd.

INSTALL_STEPS += install-units
TOOLS_PROGRAMS += $(T)/shoji-services

$(T)/shoji-services: units/shoji-services
	install -m 755 $< $@

install-units:
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 644 $(wildcard units/*.service) $(DESTDIR)$(PREFIX)/lib/systemd/system
