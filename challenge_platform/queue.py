"""The queue: the only importer of rq and redis, built so that writing to Redis never runs code.

RQ's pickle runs what it reads, and its plain JSON calls any importable name. Here a job's data is
JSON under an HMAC, its function is looked up in a fixed table, its arguments are short texts, and
every other instruction that a job hash may carry (callbacks, webhooks, retries, time-outs) is
overwritten on loading. Each queue has a key and a table of its own, so that a job cannot be moved
to another. A job only says *that* there is work; the database says what it is.
"""

import hmac
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue as RQQueue
from rq import SimpleWorker
from rq.job import UNEVALUATED, Job
from rq.worker import DequeueStrategy

from challenge_platform.errors import ForgedJob, QueueUnavailable

MAX_JOB_BYTES = 4096
REDIS_SECONDS = 1.0
DRAINED_SECONDS = 0.5
RESULT_TTL = 0
FAILURE_TTL = 24 * 3600

JobFunction = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Table:
    """The functions that the jobs of a queue may name, and the seconds that each may take."""

    functions: Mapping[str, JobFunction]
    seconds: int


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What the operator of a worker process may want, who asks the process itself and not Redis.

    No job is taken while `drained` is set. A process that is told to end ends after the job under
    way; `give_up` is called if that is not over after `patience` seconds.
    """

    drained: threading.Event = field(default_factory=threading.Event)
    patience: float = 5.0
    give_up: Callable[[], None] = lambda: None


class SignedJSON:
    """RQ serializer: JSON behind an HMAC-SHA256 by the queue's key, which is not in Redis.

    The key of a queue is the HMAC of its name by the platform's key.
    """

    def __init__(self, key: bytes, /, *, queue: str) -> None:
        self._key = hmac.digest(key, queue.encode(), "sha256")
        self.__qualname__ = type(self).__qualname__  # RQ's worker asks every serializer its name

    def dumps(self, value: object, /) -> bytes:
        """Serialize and sign."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return self._signature(body) + b"." + body

    def loads(self, data: bytes, /) -> Any:  # noqa: ANN401 -- RQ's serializer protocol
        """Verify and parse; raise ForgedJob when the signature does not fit."""
        signature, separator, body = data.partition(b".")
        if not separator or len(data) > MAX_JOB_BYTES:
            raise ForgedJob("a message in the queue is not a signed job")
        if not hmac.compare_digest(signature, self._signature(body)):
            raise ForgedJob("a message in the queue has a wrong signature")
        return json.loads(body)

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256").hex().encode()


class SafeJob(Job):
    """An RQ job that can only call the functions of its table with text arguments."""

    functions: Mapping[str, JobFunction] = MappingProxyType({})
    seconds: int = 60

    def take_from(self, queue: str, table: Table, serializer: SignedJSON, /) -> None:
        """Read it as a job of the queue that it was taken from, whatever it says of itself."""
        self.origin, self.functions, self.serializer = queue, table.functions, serializer
        self.seconds = self.timeout = table.seconds

    @property
    def func(self) -> JobFunction:
        """The function of the table; raise ForgedJob for any other."""
        if self.instance is not None or self.kwargs:
            raise ForgedJob("a job carries an instance or keyword arguments; ours never do")
        if not all(isinstance(argument, str) for argument in self.args):
            raise ForgedJob("a job carries an argument that is not text")
        try:
            return self.functions[str(self.func_name)]
        except KeyError:
            raise ForgedJob("a job names a function that is not in the table") from None

    def restore(self, raw_data: Any) -> None:  # noqa: ANN401 -- RQ's own signature
        """Load from Redis, then overwrite everything that is not signed and could act."""
        super().restore(raw_data)
        self.timeout, self.result_ttl, self.failure_ttl = self.seconds, RESULT_TTL, FAILURE_TTL
        self.ttl = None
        self.webhooks = []
        self._success_callback_name = self._failure_callback_name = None
        self._stopped_callback_name = None
        self._success_callback = self._failure_callback = UNEVALUATED  # with no name: none
        self._stopped_callback = None
        self._success_callback_timeout = self._failure_callback_timeout = None
        self._dependency_ids = []
        self.retries_left = self.number_of_retries = self.repeats_left = None
        self.retry_intervals = self.repeat_intervals = None
        self.rate_limit_key = self.rate_limit_concurrency = None
        self.meta, self.group_id, self.description = {}, None, None


class DeafWorker(SimpleWorker):
    """A worker that takes jobs from Redis, but no orders: not to suspend, stop or shut down."""

    orders: Orders
    tables: Mapping[str, Table] = MappingProxyType({})
    serializers: Mapping[str, SignedJSON] = MappingProxyType({})

    def execute_job(self, job: Job, queue: RQQueue) -> None:
        """Run a job by the table and the key of the queue that it was in."""
        if not isinstance(job, SafeJob):
            raise TypeError("a worker of the platform was given a job of another class")
        job.take_from(queue.name, self.tables[queue.name], self.serializers[queue.name])
        super().execute_job(job, queue)

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 -- RQ's own signature
        """Take no job while this process is drained; go on, whatever a key in Redis says."""
        del burst
        while self.orders.drained.is_set():
            self.heartbeat()
            time.sleep(DRAINED_SECONDS)

    def handle_warm_shutdown_request(self) -> None:
        """End after the job under way; in good time, whatever it does."""
        late = threading.Timer(self.orders.patience, self.orders.give_up)
        late.daemon = True
        late.start()

    def subscribe(self) -> None:
        """Listen to no command."""

    def unsubscribe(self) -> None:
        """There is nothing to end."""


class Queue:
    """What the platform does with Redis: put an id in, ask whether it is there, work it off.

    It is one place with several queues in it, each of a name; `key` signs for all of them.
    """

    def __init__(self, *, address: str, key: Callable[[], bytes]) -> None:
        self._address = address
        self._key = key
        self._connection: Redis | None = None
        self._queues: dict[str, RQQueue] = {}

    def enqueue(self, function: str, /, *arguments: str, queue: str, job_id: str) -> None:
        """Put a call into a queue once; raise QueueUnavailable when Redis cannot be reached."""
        try:
            into = self._named(queue)
            if into.get_job_position(job_id) is None:
                into.enqueue_call(
                    function,
                    args=arguments,
                    job_id=job_id,
                    result_ttl=RESULT_TTL,
                    failure_ttl=FAILURE_TTL,
                    description=function,
                )
        except RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {type(error).__name__}") from error

    def ping(self) -> None:
        """Raise QueueUnavailable when Redis cannot be reached."""
        try:
            self._redis().ping()
        except RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {type(error).__name__}") from error

    def length(self, queue: str, /) -> int:
        """Count the jobs of a queue; raise QueueUnavailable when Redis cannot be reached."""
        try:
            return self._named(queue).count
        except RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {type(error).__name__}") from error

    def work(
        self,
        tables: Mapping[str, Table],
        /,
        *,
        orders: Orders | None = None,
        max_jobs: int | None = None,
        burst: bool = False,
    ) -> None:
        """Work the queues of these names off in this process, in turn, as long as they have jobs.

        A call that lasts over its table's seconds is interrupted.
        """
        connection = self._connect()  # of its own: RQ gives it the patience of its long waits
        serializers = {name: self._serializer(name) for name in tables}
        worker = DeafWorker(
            [_rq(name, connection, serializer) for name, serializer in serializers.items()],
            connection=connection,
            job_class=SafeJob,
            serializer=next(iter(serializers.values())),  # of no meaning; `execute_job` has its own
            log_job_description=False,
        )
        worker.tables, worker.serializers = tables, serializers
        worker.orders = orders or Orders()
        worker.work(
            max_jobs=max_jobs,
            burst=burst,
            logging_level="WARNING",
            with_scheduler=False,
            dequeue_strategy=DequeueStrategy.ROUND_ROBIN,
        )

    def _connect(self) -> Redis:
        return Redis.from_url(
            self._address,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            health_check_interval=30,
            retry=Retry(NoBackoff(), 0),  # a submission does not wait for Redis: the reaper does
        )

    def _redis(self) -> Redis:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _named(self, name: str) -> RQQueue:
        if name not in self._queues:
            self._queues[name] = _rq(name, self._redis(), self._serializer(name))
        return self._queues[name]

    def _serializer(self, name: str) -> SignedJSON:
        return SignedJSON(self._key(), queue=name)


def _rq(name: str, connection: Redis, serializer: Any) -> RQQueue:  # noqa: ANN401 -- RQ's protocol has other argument names
    return RQQueue(name, connection=connection, serializer=serializer, job_class=SafeJob)
