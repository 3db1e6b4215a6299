# Bare `make` lists the targets. Each does its own set-up (scripts/setup) and then runs one command.
.DEFAULT_GOAL := help
.PHONY: help demo baselines test check verify bench docs reference stop lock
PORT ?= 8080

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run the platform with challenges and baselines on PORT (8080) until Ctrl-C; DEMO_EXIT=1 ends it after the printing, CHALLENGE=all loads every challenge
	@scripts/setup demo challenge up --demo $(foreach slug,$(CHALLENGE),--challenge $(slug)) --data-dir var/demo --port $(PORT) $(if $(filter 1,$(DEMO_EXIT)),--exit)

baselines: ## Score every baseline of every challenge through the command line and Docker; a table tells expected and found
	@scripts/setup demo challenge up --demo --challenge all --exit --data-dir var/baselines --port $(PORT)

test: ## Run all tests but the slow ones
	@scripts/setup test pytest -m "not slow"

check: ## Check format, lint, types and contracts, and run the fast tests; needs no Docker
	@scripts/setup check scripts/check

verify: ## Run every check and every test, the slow ones too
	@scripts/setup test scripts/verify

bench: ## Print the performance table
	@scripts/setup test python -m bench

docs: ## Build the documentation as a site that needs no network, into var/site
	@scripts/setup check mkdocs build

reference: ## Write the reference pages of docs/ anew, from the code
	@scripts/setup check python -m scripts.reference

stop: ## End the Docker Engine that set-up started, and only that one
	@scripts/setup stop

lock: ## Write the locks of requirements/ and of the images anew (needs uv)
	@scripts/lock
