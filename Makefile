# velo: streaming and batch SQL on Arrow record batches. `make help` lists what there is.
SHELL := /bin/bash
GO ?= go
BIN := bin
DEMO := testdata/demo/flights.sql
DATA := testdata/data/flights

.DEFAULT_GOAL := help
.PHONY: help build demo test test-go test-kafka race lint fuzz fuzz-sql fuzz-time fuzz-tables golden bench bench-peers bench-vs bench-diff profiles docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

build: ## build velo-sql and velo-bench into bin/
	@mkdir -p $(BIN)
	CGO_ENABLED=0 $(GO) build -o $(BIN)/ ./cmd/...

demo: build ## replay the shipped week of flights through three queries
	@rm -rf $(BIN)/demo
	$(BIN)/velo-sql replay $(DEMO) --from flights=$(DATA)/flights.capture.jsonl.gz --out $(BIN)/demo --progress always
	@echo; echo "flights that were diverted (read from headers):"
	@$(BIN)/velo-sql query -o table -q "SELECT flight, origin, dest, carrier, partition FROM '$(BIN)/demo/diverted.jsonl' LIMIT 5"
	@echo; echo "cancellations by airport (the last of the running counts):"
	@$(BIN)/velo-sql query -o table -q "SELECT origin, COUNT(*) AS updates, LAST(cancelled) AS cancelled FROM '$(BIN)/demo/cancellations.jsonl' GROUP BY origin ORDER BY cancelled DESC"
	@echo; echo "six-hour windows in which an airport cancelled 50 flights or more:"
	@$(BIN)/velo-sql query -o table -q "SELECT origin, FROM_UNIXTIME(window_start // 1000) AS window_start, flights, cancelled, mean_delay FROM '$(BIN)/demo/blizzard.jsonl'"

test: ## every test, a real Apache Kafka included where Java 17 and Maven are there
	@$(GO) vet ./...
	$(GO) test ./...
	GODEBUG=cpu.all=off $(GO) test ./arrowexec/expr ./ingest/jsonscan ./ingest/format/csv ./ingest/format/json ./ingest/capture ./ingest/kafka/recordbatch ./operators/agg # as on a processor without AVX-512
	@if command -v "$$($(GO) env CC)" >/dev/null && (cd testdata/duckdbtest && $(GO) mod download) 2>/dev/null; \
	then $(MAKE) --no-print-directory fuzz-sql N=500 SEED=1; \
	else echo "the comparison with DuckDB was left out: it needs a C compiler and the modules of testdata/duckdbtest"; fi
	@if (cd bench/peers && $(GO) mod download) 2>/dev/null; then (cd bench/peers && $(GO) vet . && $(GO) test .); \
	else echo "the comparison with Go libraries was left out: it needs the modules of bench/peers"; fi
	@scripts/kafka/install.sh; code=$$?; \
	if [ $$code -eq 3 ]; then echo "the tests against a real Apache Kafka were left out: they need Java 17 and Maven"; \
	elif [ $$code -ne 0 ]; then exit $$code; else $(MAKE) --no-print-directory test-kafka; fi

test-kafka: ## the tests against a real Apache Kafka, which is installed, started and stopped
	scripts/kafka/test.sh -run '^TestReal' ./...

race: ## the tests with the race detector
	$(GO) test -race -timeout 60m ./...

lint: ## gofmt, go vet, and golangci-lint (installed into .cache/bin)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	@test -x .cache/bin/golangci-lint || GOBIN=$(CURDIR)/.cache/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	.cache/bin/golangci-lint run

N ?= 30s
fuzz: ## fuzz every target for N each (N=30s)
	@for p in $$($(GO) list ./...); do for t in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	  echo "$$p $$t"; $(GO) test -run '^$$' -fuzz "^$$t$$" -fuzztime $(N) $$p || exit 1; done; done

fuzz-sql: ## compare N=500 generated queries, and windows, with DuckDB (SEED=1; needs a C compiler)
	cd testdata/duckdbtest && $(GO) test -count=1 -timeout 0 . -args -n $(if $(filter 30s,$(N)),500,$(N)) -seed $(or $(SEED),0)

fuzz-time: N = 20000
fuzz-time: ## compare N seeded streaming cases with the row-at-a-time model (N=20000 FROM=1)
	$(GO) test ./planner/timetest -run '^TestModel$$' -timeout 4h -v -args -seeds $(N) -from $(or $(FROM),1)

fuzz-tables: N = 20000
fuzz-tables: ## compare N seeded applications of tables with the record-at-a-time model (N=20000 FROM=1)
	$(GO) test ./planner/tabletest -run '^TestModel$$' -timeout 4h -v -args -seeds $(N) -from $(or $(FROM),1)

golden: ## run the golden SQL; UPDATE=1 completes missing answers
	$(GO) test ./planner/logictest -args $(if $(UPDATE),-update)

bench: build ## run every workload of velo-bench
	$(BIN)/velo-bench run

bench-peers: ## compare decoders and the filter with Go libraries, in turns (a module of its own)
	cd bench/peers && $(GO) run . $(ARGS)

bench-vs: ## compare with DuckDB, DataFusion, ClickHouse, Polars, Go libraries and consumers of Kafka; PARTS, WORKLOADS, ROUNDS=5
	scripts/bench/vs.sh $(PARTS)

bench-diff: ## compare the speed of BASE=commit with this tree's, by benchstat; WORKLOADS, ROUNDS=6, ROWS
	scripts/bench/diff.sh $(or $(BASE),HEAD) $(WORKLOADS)

profiles: ## write a CPU profile and its top list for each workload into profiles/; WORKLOADS, ROWS
	scripts/bench/profiles.sh $(WORKLOADS)

docs: build ## generate docs/functions.md
	$(BIN)/velo-sql functions --markdown > docs/functions.md

clean: ## remove what was built
	rm -rf $(BIN)
