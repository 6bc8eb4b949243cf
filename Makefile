# Every command of the project; each does its own set-up. `make help` lists them.
SHELL := /bin/bash
NODE_DIR := $(shell node -p "require('path').resolve(process.execPath, '../..')")
# Node's own headers where they are installed; otherwise node-gyp finds them.
NODEDIR_FLAG := $(shell test -f $(NODE_DIR)/include/node/node_api.h && echo --nodedir=$(NODE_DIR))
ADDON := build/Release/tickswap.node
SOURCES := $(shell find src -type f)
# By its path: the older compiler that reads decorators brings a command of the same name.
TSC := node node_modules/typescript/bin/tsc
NATIVE := binding.gyp $(shell find native/include native/src native/arm64 native/addon -type f)

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: setup native build
# Not `npm ci`: it refuses a lock file made where the binaries for other platforms are not served.
setup: node_modules/.package-lock.json ## install what the project needs
node_modules/.package-lock.json: package-lock.json
	npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

LAYOUT := native/include/tickswap/layout.h native/arm64/layout.h native/addon/layout_entries.h src/registry/layout.ts
.PHONY: layout
layout: ## write the C, assembly and TypeScript copies of the layout of shared memory
	node tools/layout/main.js

.build/layout.stamp: $(wildcard tools/layout/*.js) $(LAYOUT)
	@mkdir -p $(@D)
	@node tools/layout/main.js --check
	@touch $@

native: $(ADDON) ## build the addon
$(ADDON): $(NATIVE) .build/layout.stamp node_modules/.package-lock.json
	npx --no-install node-gyp rebuild --loglevel=error $(NODEDIR_FLAG)
	@touch $@

C_SOURCES := $(wildcard native/src/*.c native/test/*.c)
C_HEADERS := $(wildcard native/include/tickswap/*.h native/src/*.h native/test/*.h)
# Apple's headers hide MAP_ANONYMOUS from programs that ask for POSIX alone.
C_FLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L $(if $(filter Darwin,$(shell uname -s)),-D_DARWIN_C_SOURCE) -pthread -Wall -Wextra -Wpedantic -Wconversion -Werror -Inative/include

.build/check/native: $(C_SOURCES) $(C_HEADERS) .build/layout.stamp
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -O3 -o $@ $(C_SOURCES) $(if $(filter aarch64 arm64,$(shell uname -m)),$(filter-out %/asm.S,$(ARM64_SOURCES)))

.PHONY: check-native format tidy
check-native: .build/check/native ## the native core against its specification (ARGS='--bench --seed N --function NAME')
	$< $(ARGS)

include native/checks.mk

C_FILES := $(shell find native -name '*.[ch]' -o -name '*.cc')
tidy: build ## formatters, linters, types, and the style guide of tools/tidy.js
	tools/need clang-format cppcheck
	clang-format --dry-run -Werror $(C_FILES)
	cppcheck -q --enable=warning,performance,portability --error-exitcode=1 --inline-suppr \
	  --suppress=missingIncludeSystem -Inative/include native/src native/test
	npx --no-install biome ci --diagnostic-level=warn
	$(TSC) -p examples
	$(TSC) -p test
	node tools/tidy.js

format: ## lay out the C, C++ and TypeScript sources
	clang-format -i $(C_FILES)
	npx --no-install biome check --write

build: dist/.stamp $(ADDON) ## build the addon and compile the TypeScript
dist/.stamp: $(SOURCES) .build/layout.stamp tsconfig.json node_modules/.package-lock.json
	rm -rf dist
	$(TSC)
	$(TSC) -p src/admin/page
	@cp src/admin/page/index.html src/admin/page/style.css dist/admin/page/
	@chmod +x dist/cli/main.js 2>/dev/null || true
	@touch $@

.PHONY: demo test
demo: build ## the city that changes while it runs
	node dist/cli/main.js demo

test: build check-native ## all tests
	npx --no-install vitest run

.PHONY: simulation
SEEDS ?= 10000
simulation: build ## the swap's protocol under a seeded scheduler; SEEDS=n, TICKSWAP_SEED=n for one
	node test/simulation/run.js --seeds $(SEEDS)

.PHONY: soak
MINUTES ?= 10
WORKERS ?= 8
soak: build ## an engine that is edited all the time: memory, stalls and swaps of every minute (MINUTES=n WORKERS=n)
	node dist/cli/main.js run --restart never test/soak.ts $(MINUTES) $(WORKERS)

# Other versions of Node come as npm packages, with their binaries, into .build/. The addon needs no
# rebuilding: it speaks Node-API.
VERSION ?= 24
NODE_PACKAGE := node-$(shell node -p 'process.platform + "-" + process.arch')
OTHER_NODE = $(CURDIR)/.build/node-$(VERSION)/node_modules/$(NODE_PACKAGE)/bin
.build/node-%/installed:
	@mkdir -p $(@D)
	npm install --prefix $(@D) --no-audit --no-fund --loglevel=error $(NODE_PACKAGE)@$*
	@touch $@

.PHONY: test-page
test-page: build ## the page, in a real browser
	tools/need chromium
	npx --no-install vitest run test/admin/page.test.ts

.PHONY: screenshots
screenshots: build ## take the pictures in docs/images, of the page with the city
	tools/need chromium
	TICKSWAP_SCREENSHOTS=docs/images npx --no-install vitest run test/admin/screenshots.test.ts

# Unpacked, not installed: Debian's package would start a server.
PROMTOOL := .build/prometheus/usr/bin/promtool
$(PROMTOOL):
	@mkdir -p .build/prometheus
	cd .build/prometheus && apt-get -qq update && apt-get -qq download prometheus 2>/dev/null && \
	  dpkg-deb --fsys-tarfile prometheus_*.deb | tar x ./usr/bin/promtool
.PHONY: check-deploy
check-deploy: build ## the files for Prometheus, Grafana, Docker, Kubernetes and systemd
	@command -v promtool >/dev/null || $(MAKE) --no-print-directory $(PROMTOOL)
	PATH="$$PATH:$(CURDIR)/$(dir $(PROMTOOL))" node tools/check-deploy.js promtool

.PHONY: memory
memory: build ## reload and swap as often as it takes to see a leak of a byte (10 minutes)
	TICKSWAP_MEMORY=full npx --no-install vitest run test/memory

.PHONY: memory-gate
memory-gate: build .build/node-22/installed .build/node-24/installed ## the same on Node 20, 22 and 24, with fewer counts and a bound for each (4 minutes)
	@for bin in "$(dir $(shell command -v node))" $(foreach version,22 24,$(CURDIR)/.build/node-$(version)/node_modules/$(NODE_PACKAGE)/bin); do \
	  "$$bin/node" -p '"Node " + process.version'; \
	  PATH="$$bin:$$PATH" TICKSWAP_MEMORY=gate node node_modules/vitest/vitest.mjs run test/memory || exit 1; \
	done

.PHONY: test-node
test-node: build .build/node-$(VERSION)/installed ## all tests on another Node (VERSION=24 or 22; ARGS=one.test.ts)
	@$(OTHER_NODE)/node -p '"Node " + process.version'
	PATH=$(OTHER_NODE):$$PATH node node_modules/vitest/vitest.mjs run $(ARGS)

.PHONY: bench bench-gate
bench: build .build/check/native ## measure (ARGS='--quick --only tick.idle --json FILE')
	node bench/run.js $(ARGS)

bench-gate: build .build/check/native ## fail when a ratio or a count misses its target
	node bench/run.js --quick --gate $(ARGS)
