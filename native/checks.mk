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
