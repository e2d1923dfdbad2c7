# SPDX-License-Identifier: GPL-2.0-only
# Unit tests of the store: its pure core, driven by store_harness.c.

STORE_CORE := $(addprefix dom0-tools/store/,access.c conn.c domain.c edit.c journal.c keep.c mem.c recall.c path.c perm.c protocol.c \
	protocol_admin.c quota.c store.c transaction.c tree.c tree_walk.c watch.c) dom0-tools/lib/pace.c tests/unit/store_harness.c

STORE_TESTS := store_journal store_protocol store_perms store_transaction store_watch store_quota store_domain store_ring
STORE_TESTS := $(foreach t,$(STORE_TESTS),$(if $(wildcard $(t).c),$(t)))
UNIT_TESTS += $(STORE_TESTS)
$(foreach t,$(STORE_TESTS),$(eval $(t)_SRCS := $(STORE_CORE)))
$(foreach t,$(STORE_TESTS),$(eval $(t)_LIBS := -lz))
store_ring_SRCS += $(addprefix dom0-tools/store/,ring.c conn_ring.c link.c)
