# Weir is built with Go alone; make help lists what there is to make.
#
# Variables: GO (the Go command), TESTFLAGS (more flags for go test, such as
# -v), FUZZTIME (of each fuzz test), TURNS (of make proof), VERSION and COMMIT
# (what weir version says), IMAGE (the image's name).

GO        ?= go
TESTFLAGS ?=
FUZZTIME  ?= 1m
TURNS     ?= 3
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
COMMIT    ?= $(shell git describe --always --dirty --abbrev=40 --match= 2>/dev/null)
IMAGE     ?= weir:$(VERSION)
DIST      ?= dist

# What the image trusts, for TLS to clusters with public certificates.
CERTIFICATES ?= /etc/ssl/certs/ca-certificates.crt

# Nothing of the machine, its paths or its time goes into a binary: the same
# commit and the same Go give the same bytes anywhere.
STATIC   := CGO_ENABLED=0 GOFLAGS= GOAMD64=v1 GOARM64=v8.0
LDFLAGS  := -s -w -buildid= -X main.version=$(VERSION) -X main.commit=$(COMMIT)
RELEASED := $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

# Packages whose tests start containers, where an engine is: those that know
# harness/docker. CLUSTERS of them run at once, each with three brokers or more.
# Their results are not cached: Go cannot see the engine. cmd/weir starts none in
# its tests. Specs with the label alone drive what takes a machine, or measure a
# stall: it is theirs. What takes longest begins first, so that nothing long is
# left for the end, when the processors have nothing else to do.
CLUSTERS   ?= 1
module     := github.com/flowweir/weir
imports    := {{.ImportPath}} {{join .Imports " "}} {{join .TestImports " "}} {{join .XTestImports " "}} $(module)/.
containers  = $(module)/harness/docker $(filter-out %/harness/docker %/cmd/weir,$(shell $(GO) list -f '$(imports)' ./... | awk '/$(subst /,\/,$(module))\/harness\/docker / {print $$1}'))
alone      := $(module)/examples/durability $(module)/examples/order-flow
longest    := $(addprefix $(module)/,cmd/weir harness/scenario reports/html reports/compare harness/promise loadgen/kafka)
others      = $(longest) $(filter-out $(longest) $(containers),$(shell $(GO) list ./...))

.DEFAULT_GOAL := help
.PHONY: help build test race fuzz bench lint fmt tidy-check peer clients kafka-image release binaries release-check image proof clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

build: ## build bin/weir for this machine
	$(GO) build -o bin/weir ./cmd/weir

test: ## run all tests: embedded clusters, and containers where an engine answers
	$(GO) test -timeout 15m $(TESTFLAGS) $(others)
	$(GO) test -timeout 30m -count=1 -p $(CLUSTERS) $(TESTFLAGS) $(containers) -ginkgo.label-filter='!alone'
	$(GO) test -timeout 30m -count=1 -p 1 -run 'TestDurability|TestOrderFlow' $(TESTFLAGS) $(alone) -ginkgo.label-filter=alone

# What computes without goroutines cannot race: of contracts, the packages that
# synchronize nothing, or a value that is made once, are left out, and reports,
# whose one lock the runs of harness/scenario try, and the command and
# examples/ci, which run what is built without the detector. Most of the rest
# waits: four packages at a time.
raced = $(shell $(GO) list -f '{{.ImportPath}} {{join .Imports " "}}' $(others) | awk '!/^$(subst /,\/,$(module))\/(contracts|reports|cmd|examples\/ci)(\/| )/ || $$1 ~ /\/contracts/ && $$1 !~ /\/(avro|jsonschema)/ && / (golang.org\/x\/)?sync/ {print $$1}')
race: ## run the tests that start no containers under the race detector, with fewer random cases (needs a C compiler)
	$(GO) test -race -short -p 4 -timeout 30m $(TESTFLAGS) $(raced)

fuzz: ## run every fuzz test for FUZZTIME (default 1m), one at a time
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' $$file); do \
			echo "$$(dirname $$file) $$name"; \
			$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) $$(dirname $$file); \
		done; \
	done

bench: ## run the benchmarks, one package at a time
	$(GO) test -p 1 -run '^$$' -bench . -benchmem $(TESTFLAGS) $$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n 1 dirname | sort -u)

lint: ## vet for every platform and run golangci-lint
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	golangci-lint run ./...

fmt: ## format the Go files
	gofmt -w $$(git ls-files '*.go')

tidy-check: ## fail where go.mod and go.sum are not tidy
	$(GO) mod tidy -diff

# Kafka's own JVM options: the brokers are no handicap of either.
peer: build ## send the same loads with Kafka's own tool and with Weir, in turn, and print the ratios (needs Docker and a quiet machine)
	@set -e; if bin/weir cluster status | grep -q '^WEIR_BOOTSTRAP='; then echo 'there is a development cluster: bin/weir cluster down' >&2; exit 1; fi; \
	trap 'bin/weir cluster down' EXIT; \
	bootstrap=$$(WEIR_KAFKA_JVM_OPTIONS=default bin/weir cluster up | sed -n 's/^WEIR_BOOTSTRAP=//p'); \
	$(GO) run ./loadgen/kafka/peer -bootstrap "$$bootstrap" -records 1000000

# A module of its own, so that no user of Weir inherits its clients.
clients: ## test services with clients of other languages (needs JDK 17, Maven, Python 3 with venv, a C compiler)
	cd examples/clients && $(GO) vet ./... && $(GO) test -timeout 15m -count=1 $(TESTFLAGS) ./...

kafka-image: ## build weir/kafka:4.3.1 from Maven Central (needs Docker, Maven, JDK 17, busybox-static)
	./harness/docker/image/build.sh

# The image needs an engine; who has none releases the binaries.
release: binaries ## build the binaries, and the container image where an engine answers
	@if docker info >/dev/null 2>&1; then $(MAKE) -s image; else echo 'no engine answers: no container image (make image)'; fi

binaries: ## build static binaries for every platform into dist/, with checksums
	@rm -rf $(DIST) && mkdir -p $(DIST)
	@set -e; for platform in $(PLATFORMS); do \
		os=$${platform%/*} arch=$${platform#*/} suffix=; \
		[ $$os != windows ] || suffix=.exe; \
		echo "$(DIST)/weir-$$os-$$arch$$suffix"; \
		$(STATIC) GOOS=$$os GOARCH=$$arch $(RELEASED) -o "$(DIST)/weir-$$os-$$arch$$suffix" ./cmd/weir; \
	done
	@cd $(DIST) && sha256sum weir-* >checksums.txt

release-check: binaries ## build the release again in another directory and compare every byte
	@set -e; copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; \
	git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$$copy"; \
	GOCACHE="$$copy/.cache" $(MAKE) -s -C "$$copy" binaries DIST=dist VERSION='$(VERSION)' COMMIT='$(COMMIT)' >/dev/null; \
	diff $(DIST)/checksums.txt "$$copy/dist/checksums.txt" && echo "both builds are the same"

image: ## build the container image of weir (IMAGE, default weir:VERSION); needs Docker
	@set -e; context=$$(mktemp -d); trap 'rm -rf "$$context"' EXIT; root=$$context/root; \
	mkdir -p $$root/usr/bin $$root/etc/ssl/certs $$root/tmp $$root/work; chmod 1777 $$root/tmp $$root/work; \
	cp '$(CERTIFICATES)' $$root/etc/ssl/certs/ca-certificates.crt; \
	$(STATIC) GOOS=linux $(RELEASED) -o $$root/usr/bin/weir ./cmd/weir; \
	docker build --quiet --file cmd/weir/Dockerfile --tag '$(IMAGE)' "$$context" >/dev/null; \
	echo '$(IMAGE)'

# Ginkgo refuses -count above 1. Under the race detector there are no proofs:
# their figures are of the code, not of the detector.
proof: ## run the long batteries: everything TURNS times (default 3), the race detector everywhere, fuzzing, benchmarks, Kafka's own tool, the release twice
	@set -e; for turn in $$(seq $(TURNS)); do \
		WEIR_PROOF=1 $(MAKE) test TESTFLAGS='-timeout 90m -count=1 $(TESTFLAGS)'; \
	done
	$(GO) test -race -timeout 60m -count=1 -p 1 $(TESTFLAGS) $(others)
	$(GO) test -race -timeout 60m -count=1 -p 1 $(TESTFLAGS) $(containers) -ginkgo.label-filter='!alone'
	$(MAKE) fuzz
	$(MAKE) bench
	$(MAKE) peer
	$(MAKE) release-check

clean: ## remove what the targets above made; runs/ stays
	rm -rf bin $(DIST)
