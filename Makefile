SHELL := /bin/bash
export JAVA_HOME := $(shell scripts/find-java.sh)
MVN := mvn -B -ntp
# the folder of reference outputs; empty means the subset among the test resources
GOLDEN ?=
BENCH ?= --help
# of the test on a cluster of processes
ROWS ?= 2000
# of the test of random schemas
SCHEMAS ?= 10000
# of the load test and of the test of random requests
SECONDS ?= 120
# of the test of random requests
SEED ?= 1
MODEL ?=
# OpenAI's description of its API, which is not part of this project
SPEC ?=
# every test class that reads the chosen set of reference outputs; the others were run by make test
GOLDEN_TESTS = $(shell grep -rlE 'Golden\.(path|lists|files|models|jsonl?|tensors)|GoldenCase|GoldenModel\.open[^C]|GoldenTokenizers|class [A-Za-z]*GoldenTest' --include='*Test.java' llava4j-*/src/test | sed 's,.*/,,; s,[.]java$$,,' | sort -u | paste -sd, -)

.PHONY: help build test quick golden check gpu-check page-test npm-clients-test openai-schema-test docs format bench load-test random-schema-test fuzz-test spark-test pyspark-test hosts-test dist dist-test clean java

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 26

java:
	@[ -n "$$JAVA_HOME" ] || exit 2

build: java ## compile what ./llava starts, without tests
	scripts/build.sh "$$JAVA_HOME"

test: java ## check formatting, compile with warnings as errors, run every test; GOLDEN=folder for another set of reference outputs
	$(MVN) verify $(if $(GOLDEN),-Dllava4j.golden="$$(cd "$(GOLDEN)" && pwd)")

quick: java ## like test, without the tests tagged slow
	$(MVN) verify -DexcludedGroups=slow

golden: java ## run only the tests against reference outputs: make golden GOLDEN=folder
	$(MVN) verify -Dtest=$(GOLDEN_TESTS) -Dsurefire.failIfNoSpecifiedTests=false $(if $(GOLDEN),-Dllava4j.golden="$$(cd "$(GOLDEN)" && pwd)")

check: ## run the checks of continuous integration
	.ci/run

gpu-check: java ## check a GPU against the processor and measure it; says "not run" where there is none
	scripts/gpu-check.sh

page-test: java ## drive the page of llava serve with Chromium; needs Chromium and Node.js
	scripts/page-test.sh

npm-clients-test: java ## ask llava serve with the clients from npm; needs Node.js
	scripts/npm-clients-test.sh

openai-schema-test: java ## hold the answers of llava serve against OpenAI's description: SPEC=openapi.yaml; needs Node.js
	scripts/openai-schema-test.sh "$(SPEC)"

docs: java ## write the API reference of all published modules to target/apidocs; a warning fails
	scripts/docs.sh "$$JAVA_HOME"

format: java ## format the sources
	$(MVN) spotless:apply

bench: java ## run a benchmark: make bench BENCH="name options"
	scripts/bench.sh "$$JAVA_HOME" $(BENCH)

load-test: java ## 64 clients at a server for two minutes; SECONDS=n for another time, MODEL=folder for another model
	$(MVN) -pl llava4j-cli -am test -Dtest=ManyClientsLoad -Dsurefire.failIfNoSpecifiedTests=false -Dllava4j.load.seconds=$(SECONDS) $(if $(MODEL),-Dllava4j.load.model="$$(realpath "$(MODEL)")")

random-schema-test: java ## 10000 random schemas; whatever ends under them is judged by two validators; SCHEMAS=n for another number
	$(MVN) -pl llava4j-constraint -am test -Dtest=RandomSchemaTest -Dsurefire.failIfNoSpecifiedTests=false -Dllava4j.constraint.schemas=$(SCHEMAS)

fuzz-test: java ## random requests, right and broken, at a server for two minutes; SECONDS=n for another time, SEED=n for other ones
	$(MVN) -pl llava4j-server -am test -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false -Dllava4j.fuzz.seconds=$(SECONDS) -Dllava4j.fuzz.seed=$(SEED)

spark-test: java ## two Spark executors, one of them killed, on 2000 rows; ROWS=n for another number
	$(MVN) -pl llava4j-spark -am test -Dtest=ClusterTest -Dsurefire.failIfNoSpecifiedTests=false -Dllava4j.spark.rows=$(ROWS)

pyspark-test: java ## drive the transformer from Python; needs python3 with pyspark 4.2
	scripts/pyspark-test.sh "$$JAVA_HOME"

hosts-test: java ## train on two hosts in network namespaces, with latency and loss, one of them killed; needs root
	scripts/hosts-test.sh "$$JAVA_HOME"

dist: java ## make the folder, archive and jar that are handed out, for this platform, in target/dist
	scripts/dist.sh "$$JAVA_HOME"

dist-test: dist ## make dist, and try it in a root folder without Java
	scripts/dist-test.sh "$$JAVA_HOME"

clean: java ## remove everything that was built
	$(MVN) clean
