# Redis from the packages of the base's own distribution, for where no image registry answers.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
RUN mkdir -p /var/cache/apt/archives/partial /var/lib/apt/lists/partial /var/log \
    && apt-get -q update \
    && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install redis-server \
    && rm -rf /var/lib/apt/lists /var/cache/apt
USER 60612:60612
WORKDIR /data
CMD ["redis-server"]
