SHELL := /bin/bash
export JAVA_HOME := $(shell scripts/find-java.sh)
MVN := mvn -B -ntp

.PHONY: build test check format bench clean

build: ## compile and pack everything, without tests
	$(MVN) -DskipTests package

test: ## formatting, warnings as errors, every test
	$(MVN) verify

format: ## rewrite the sources in the house format
	$(MVN) spotless:apply

clean:
	$(MVN) clean
