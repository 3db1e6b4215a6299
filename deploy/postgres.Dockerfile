# PostgreSQL from the packages of the base's own distribution, for where no image registry answers.
# It takes the environment of the official image: POSTGRES_USER, _PASSWORD and _DB, PGDATA.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
# The package makes its cluster by itself and its user with a number of its own: neither is wanted.
RUN groupadd --gid 60613 postgres \
    && useradd --uid 60613 --gid 60613 --home-dir /var/lib/postgresql --no-create-home postgres \
    && mkdir -p /var/cache/apt/archives/partial /var/lib/apt/lists/partial /var/log \
        /etc/postgresql-common /var/lib/postgresql/data \
    && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
    && apt-get -q update \
    && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install postgresql \
    && rm -rf /var/lib/apt/lists /var/cache/apt \
    && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ \
    && chown 60613:60613 /var/lib/postgresql/data
COPY deploy/postgres-entry /usr/local/bin/postgres-entry
USER 60613:60613
WORKDIR /var/lib/postgresql
ENTRYPOINT ["postgres-entry"]
CMD ["postgres"]
