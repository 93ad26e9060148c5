# The verbs of this repository. `make run` and `make test` are all the set-up there is.

GOLANGCI  := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME  ?= 60s
BENCHTIME ?= 1s
WORKLOAD  ?= all

.PHONY: all run build test race lint fuzz bench microbench golden cover soak services stop-services clean

all: build test

run: build ## serve a demo from ./data and print what to click
	./bin/cardlink serve --demo

build: ## the one binary
	CGO_ENABLED=0 go build -trimpath -o bin/cardlink ./cmd/cardlink

test: ## everything: engines, vet, gofmt, all tests under the race detector
	scripts/test

race: ## all tests under the race detector, on the engines whose addresses are set
	scripts/race ./...

lint: ## static checks, the floor plan's bans among them
	go run $(GOLANGCI) run ./...

fuzz: ## every fuzz target for FUZZTIME
	scripts/fuzz $(FUZZTIME)

bench: build ## load tests with their references in the same run: make bench WORKLOAD=edge-tap runs one
	./bin/cardlink bench $(WORKLOAD) --out bin

microbench: ## the benchmarks beside the code
	go test -run '^$$' -bench . -benchmem -benchtime $(BENCHTIME) ./...

golden: ## rewrite the golden files; read the diff before you commit it
	go test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -update

cover: ## coverage per function, and cover.html
	go test -coverprofile=cover.out -coverpkg=./... ./...
	go tool cover -func=cover.out | tail -n 1
	go tool cover -html=cover.out -o cover.html

soak: ## the tests with heavy numbers at their full size
	scripts/test -timeout 2h -run Kill ./conformance -args -kills 500

services: ## start PostgreSQL, Redis and Kafka for the tests and print their addresses
	@scripts/services

stop-services: ## stop them
	scripts/services stop

clean:
	rm -rf bin cover.out cover.html
