# SPDX-License-Identifier: GPL-2.0-only
# Shoji from the top. Each folder has a Makefile of its own; this one only says in which order.

PYTHON := /usr/bin/python3
PARTS := $(patsubst %/Makefile,%,$(wildcard hypervisor/Makefile dom0-tools/Makefile pv-drivers/Makefile))

.DEFAULT_GOAL := all

help:            ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

all: $(PARTS)    ## build the hypervisor, the tools and the drivers into build/

$(PARTS):
	$(MAKE) -C $@

pv-drivers: $(filter dom0-tools,$(PARTS))

deps:            ## install the Debian packages that are missing (says which)
	@tests/tools/deps.sh

run: deps        ## build all, boot the reference machine: a shell in dom0, or a scripted tour without a terminal
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/tools/fetch.py
	@$(PYTHON) dom0-tools/image/run.py

test: deps       ## every test in at most 35 minutes on 2 cores; ends with "N passed, M failed"
	@$(PYTHON) tests/tools/run_tests.py

test-full: deps  ## the same and what takes longer
	@$(PYTHON) tests/tools/run_tests.py --full

mutants: deps    ## breaks the code line by line: can every unit test fail? [PROGRAM=name...] (an hour)
	@$(PYTHON) tests/tools/mutants.py $(PROGRAM)

fuzz: deps       ## hunt with the fuzz targets: SECONDS=600 for each, two at a time [T=hypercalls]
	@$(MAKE) --no-print-directory -C tests/fuzz test SECONDS=$(or $(SECONDS),600) $(if $(T),T=$(T))

stress: deps     ## eight guests at work while they are paused, tuned and destroyed [SECONDS=600] [SEED=1]
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/tools/fetch.py
	@SHOJI_STRESS_SECONDS=$(or $(SECONDS),600) SHOJI_STRESS_SEED=$(or $(SEED),1) \
		$(PYTHON) -m pytest -q -rP tests/system/test_stress.py

bench: deps      ## instructions per operation: bare, Xen 4.17, Shoji; rewrites the tables in docs/performance.md
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/tools/fetch.py
	@$(PYTHON) tests/bench/bench.py

bounds: all      ## the hypervisor's longest runs without a preemption point, per operation
	@$(MAKE) --no-print-directory -C tests/bench bounds

bench-work: deps ## real work on a Debian root: bare, Xen's guest, Shoji's guest; an hour or more
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/tools/fetch.py
	@$(PYTHON) tests/bench/bench.py --work

guest-kernel:    ## build the patched guest kernel (about 10 minutes); LINUX=6.12: of Debian 13
	@guest-kernel-patches/build.sh

format-check:    ## layout of the sources, licence lines, stand-alone headers
	@$(PYTHON) tests/tools/check_sources.py

clean:           ## remove what was built; keep what was downloaded
	rm -rf $(filter-out build/debs build/kernel build/xen build/root build/stamps build/guest-kernel,$(wildcard build/*))

.PHONY: help all $(PARTS) deps run test test-full mutants fuzz stress bench bench-work bounds guest-kernel format-check clean
