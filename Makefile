SHELL := /bin/bash
export JAVA_HOME := $(shell scripts/find-java.sh)
MVN := mvn -B -ntp
# the folder of reference outputs; empty means the subset among the test resources
GOLDEN ?=
BENCH ?= --help
# every test class that mentions the reader of reference outputs
GOLDEN_TESTS = $(shell grep -rlwE 'Golden(Case|Model|Tokenizers)?' --include='*Test.java' llava4j-*/src/test | sed 's,.*/,,; s,[.]java$$,,' | sort -u | paste -sd, -)

.PHONY: help build test quick golden check docs format bench clean java

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

java:
	@[ -n "$$JAVA_HOME" ] || exit 2

build: java ## compile what ./llava starts, without tests
	scripts/build.sh "$$JAVA_HOME"

test: java ## formatting, warnings as errors, every test; GOLDEN=folder for another set of reference outputs
	$(MVN) verify $(if $(GOLDEN),-Dllava4j.golden="$$(cd "$(GOLDEN)" && pwd)")

quick: java ## the same without the slow tests, which are tagged so
	$(MVN) verify -DexcludedGroups=slow

golden: java ## the tests against reference outputs alone: make golden GOLDEN=folder
	$(MVN) verify -Dtest=$(GOLDEN_TESTS) -Dsurefire.failIfNoSpecifiedTests=false $(if $(GOLDEN),-Dllava4j.golden="$$(cd "$(GOLDEN)" && pwd)")

check: ## what the continuous integration runs
	.ci/run

docs: java ## the reference of all published modules, target/apidocs; a warning fails
	scripts/docs.sh "$$JAVA_HOME"

format: java ## rewrite the sources in the house format
	$(MVN) spotless:apply

bench: java ## measure: make bench BENCH="name options"
	scripts/bench.sh "$$JAVA_HOME" $(BENCH)

clean: java ## remove everything that was built
	$(MVN) clean
