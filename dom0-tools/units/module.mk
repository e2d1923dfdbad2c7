# SPDX-License-Identifier: GPL-2.0-only
# systemd units of the daemons.

INSTALL_STEPS += install-units

install-units:
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 644 $(wildcard units/*.service) $(DESTDIR)$(PREFIX)/lib/systemd/system
