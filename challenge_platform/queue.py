"""The queue: the only importer of rq and redis, built so that writing to Redis never runs code.

RQ's pickle runs what it reads, and its plain JSON calls any importable name. Here a job's data is
JSON under an HMAC, its function is looked up in a fixed table, its arguments are short texts, and
every other instruction that a job hash may carry (callbacks, webhooks, retries, time-outs) is
overwritten on loading. A job only says *which* submission; the database says what to do.
"""

import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue as RQQueue
from rq import SimpleWorker
from rq.job import UNEVALUATED, Job

from challenge_platform.errors import ForgedJob, QueueUnavailable

NAME = "challenge"
MAX_JOB_BYTES = 4096
REDIS_SECONDS = 1.0
RESULT_TTL = 0
FAILURE_TTL = 24 * 3600

JobFunction = Callable[..., None]


class SignedJSON:
    """RQ serializer: JSON behind the HMAC-SHA256 of a key that is not in Redis."""

    def __init__(self, key: bytes, /) -> None:
        self._key = key
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

    functions: ClassVar[Mapping[str, JobFunction]] = {}
    seconds: ClassVar[int] = 60

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

    def check_for_suspension(self, burst: bool) -> None:  # noqa: FBT001 -- RQ's own signature
        """Go on, whatever a key in Redis says."""

    def subscribe(self) -> None:
        """Listen to no command."""

    def unsubscribe(self) -> None:
        """There is nothing to end."""


class Queue:
    """What the platform does with Redis: put an id in, ask whether it is there, work it off."""

    def __init__(self, *, address: str, key: Callable[[], bytes]) -> None:
        self._address = address
        self._key = key
        self._connected: RQQueue | None = None

    def enqueue(self, function: str, /, *arguments: str, job_id: str) -> None:
        """Put a call into the queue once; raise QueueUnavailable when Redis cannot be reached."""
        try:
            queue = self._rq()
            if queue.get_job_position(job_id) is None:
                queue.enqueue_call(
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
            self._rq().connection.ping()
        except RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {type(error).__name__}") from error

    def length(self) -> int:
        """Count the jobs that wait; raise QueueUnavailable when Redis cannot be reached."""
        try:
            return self._rq().count
        except RedisError as error:
            raise QueueUnavailable(f"Redis cannot be reached: {type(error).__name__}") from error

    def work(
        self,
        functions: Mapping[str, JobFunction],
        /,
        *,
        seconds: int,
        max_jobs: int | None = None,
        burst: bool = False,
    ) -> None:
        """Work the queue off in this process; a call that lasts over `seconds` is interrupted."""
        job_class = type("PlatformJob", (SafeJob,), {"functions": functions, "seconds": seconds})
        queue = self._rq(job_class)
        worker = DeafWorker(
            [queue],
            connection=queue.connection,
            job_class=job_class,
            serializer=queue.serializer,
            log_job_description=False,
        )
        worker.work(max_jobs=max_jobs, burst=burst, logging_level="WARNING", with_scheduler=False)

    def _rq(self, job_class: type[SafeJob] = SafeJob) -> RQQueue:
        if self._connected is None or self._connected.job_class is not job_class:
            connection = Redis.from_url(
                self._address,
                socket_connect_timeout=REDIS_SECONDS,
                socket_timeout=REDIS_SECONDS,  # RQ's worker sets its own, for its long waits
                health_check_interval=30,
                retry=Retry(
                    NoBackoff(), 0
                ),  # a submission does not wait for Redis: the reaper does
            )
            serializer: Any = SignedJSON(self._key())
            self._connected = RQQueue(
                NAME, connection=connection, serializer=serializer, job_class=job_class
            )
        return self._connected
