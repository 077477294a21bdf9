# The checks of lanes. README and CONTRIBUTING name these targets.
GO ?= go
SHELL := /bin/bash

# Modules of go.work are tested through it. Every other nested module is on its
# own (it may have a replace to the root), so it runs with GOWORK=off. Found, not
# listed: a new module is tested from its first day.
NESTED := $(patsubst ./%/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/testdata/*' -not -path './cmd/*' | sort))

.PHONY: test fmt generate check-generate check fuzz-short ulp mca peers ci ci-long

test: fmt
	$(GO) vet ./... ./cmd/...
	$(GO) test ./... ./cmd/...
	@set -e; for m in $(NESTED); do \
		echo "== module $$m"; \
		GOWORK=off $(GO) -C $$m vet ./...; \
		GOWORK=off $(GO) -C $$m test ./...; \
	done
	GOWORK=off $(GO) -C gen run ./check text

fmt:
	@bad=$$(gofmt -l .); if [ -n "$$bad" ]; then echo "gofmt wants to change:"; echo "$$bad"; exit 1; fi

# Writes asm/*_<isa>_<arch>.{s,go} and the tables, and docs/cpus.md.
generate:
	GOWORK=off $(GO) -C gen run .
	$(GO) run ./bench -docs

check-generate:
	GOWORK=off $(GO) -C gen run . -check

# What the assembly and the compiled code may contain; needs GNU objdump.
check:
	GOWORK=off $(GO) -C gen run ./check text
	GOWORK=off $(GO) -C gen run ./check objects
	GOWORK=off $(GO) -C gen run ./check fuse

# FUZZTIME for each fuzz target of each package.
FUZZTIME ?= 10s
fuzz-short:
	.ci/fuzz $(FUZZTIME)

# The error of the elementary functions on every float32: about an hour on 2 cores;
# ULP="-f Exp,Tanh" for some of them.
ulp:
	$(GO) run ./internal/ulp $(ULP)

# An estimate by llvm-mca of the NEON tiles on cores we cannot run.
mca:
	bash gen/mca.sh

# lanes against gonum, OpenBLAS and oneDNN; see bench/peers/README.md.
peers:
	GOWORK=off $(GO) -C bench/peers run . $(PEERS)

# Everything a change must pass: under 40 minutes on 2 cores.
ci:
	.ci/run

# The same without -short, as before a release: hours.
ci-long:
	.ci/run -long
