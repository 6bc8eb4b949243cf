# Every command of the project; each does its own set-up. `make help` lists them.
SHELL := /bin/bash
NODE_DIR := $(shell node -p "require('path').resolve(process.execPath, '../..')")
# Node's own headers where they are installed; otherwise node-gyp finds them.
NODEDIR_FLAG := $(shell test -f $(NODE_DIR)/include/node/node_api.h && echo --nodedir=$(NODE_DIR))
ADDON := build/Release/tickswap.node
SOURCES := $(shell find src -name '*.ts')
NATIVE := binding.gyp $(shell find native/include native/src native/arm64 native/addon -type f)

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: setup native build
setup: node_modules/.package-lock.json ## install what the project needs
node_modules/.package-lock.json: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
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
C_FLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -pthread -Wall -Wextra -Wpedantic -Wconversion -Werror -Inative/include

.build/check/native: $(C_SOURCES) $(C_HEADERS) .build/layout.stamp
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -O3 -o $@ $(C_SOURCES) $(if $(filter aarch64 arm64,$(shell uname -m)),$(filter-out %/asm.S,$(ARM64_SOURCES)))

.PHONY: check-native format
check-native: .build/check/native ## the native core against its specification (ARGS='--bench --seed N --function NAME')
	$< $(ARGS)

include native/checks.mk

CLANG_FORMAT_FILES := $(shell find native -name '*.[ch]' -o -name '*.cc')
format: ## lay out the C, C++ and TypeScript sources
	clang-format -i $(CLANG_FORMAT_FILES)
	npx --no-install biome check --write

build: dist/.stamp $(ADDON) ## build the addon and compile the TypeScript
dist/.stamp: $(SOURCES) .build/layout.stamp tsconfig.json node_modules/.package-lock.json
	rm -rf dist
	npx --no-install tsc
	@chmod +x dist/cli/main.js 2>/dev/null || true
	@touch $@

.PHONY: demo test
demo: build ## the city that changes while it runs
	node dist/cli/main.js demo

test: build check-native ## all tests
	npx --no-install vitest run
