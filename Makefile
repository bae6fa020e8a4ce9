# Adrastea. `make console` and `make test` are all one needs.

.PHONY: help build console test lint race fuzz bench bench-zmq fmt clean setup-test
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 20

build: ## leave bin/adrastea
	@scripts/build

console: ## set up what is missing, build, and open an R console
	@scripts/console

test: setup-test ## set up what is missing, and run every test
	@scripts/test

setup-test: ## set up what the tests need
	@scripts/setup test

lint: ## run gofmt, go vet, staticcheck and the other checks
	@scripts/lint

race: ## run the Go tests ten times over with the race detector
	go test -race -shuffle=on -count=10 $$(go list ./... | grep -v /e2e)

fuzz: ## run every fuzz target for 20 s
	@scripts/fuzz

bench: ## measure against other R kernels and libzmq; takes half an hour
	@scripts/setup bench && scripts/build
	@status=0; scripts/bench || status=1; (cd bench/zmq && go run .) || status=1; exit $$status

bench-zmq: ## measure 0MQ against libzmq and others, side by side
	@scripts/setup bench
	@cd bench/zmq && go run .

fmt: ## format the Go code
	gofmt -s -w .

clean: ## remove what was built and set up inside this folder
	rm -rf bin .cache
