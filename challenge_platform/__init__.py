"""The platform: pages, API, jobs, and the rules they follow."""
