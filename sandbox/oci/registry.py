"""Pulling an image by its digest from a registry that an operator listed, and from nowhere else.

What a registry answers may lead elsewhere (redirects, the realm of a token), to places that only
this machine can reach; such an answer is followed to hosts of the list alone. What comes is written
as an archive for `rebuild`, which trusts it as little as an upload.
"""

import hashlib
import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, BinaryIO
from urllib.parse import urlencode, urljoin, urlsplit

from sandbox.archive import Words
from sandbox.oci.document import read_json
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import ImageCode, InvalidImage, refused, shown
from sandbox.oci.stream import CHUNK, too_large
from sandbox.oci.tar import END, header, padding

_REFERENCE = re.compile(
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?)"
    r"/(?P<repository>[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LOOPBACK = ("127.0.0.1", "localhost")
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_MOVED = (301, 302, 303, 307, 308)
_MOST_MOVES = 3
_SECONDS = 30.0  # for each answer, and each piece of one
_TOKEN_BYTES = 64 * 1024


class PullFailed(Exception):
    """The registry could not be asked, or answered with an error of its own; try again later."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An image in a registry: a host of the list, as it is there, a repository, and a digest."""

    host: str
    repository: str
    digest: str

    @classmethod
    def read(cls, text: str, /, *, hosts: Collection[str] | None) -> "Reference":
        """Read `host/repository@sha256:…`; None as `hosts` is any host.

        Raises InvalidImage for anything else.
        """
        match = _REFERENCE.fullmatch(text)
        if match is None or len(text) > 500:  # noqa: PLR2004  longer than any
            raise _bad_reference(
                text,
                expected=Words("host/repository@sha256:…, with the digest of the image"),
                repair=Words(
                    "push the image, and copy the digest that `docker push` shows; a tag can move"
                ),
            )
        if hosts is not None and match["host"] not in hosts:
            raise _bad_reference(
                text,
                expected=Words(
                    "one of the hosts {hosts}", hosts=", ".join(sorted(hosts)) or "none"
                ),
                repair=Words("push the image to one of these, or send it with `docker save`"),
            )
        return cls(**match.groupdict())


@dataclass(frozen=True, kw_only=True)
class Registry:
    """What pulls from the hosts of a list; `seconds` bounds a whole pull."""

    hosts: frozenset[str]
    limits: ImageLimits
    seconds: float = 1800.0

    def pull(self, text: str, target: BinaryIO, /, *, architecture: str) -> None:
        """Write the image of a reference into `target`, as an archive for `rebuild`.

        Raises InvalidImage for what the registry should not have answered, and PullFailed.
        """
        reference = Reference.read(text, hosts=self.hosts)
        pull = _Pull(registry=self, reference=reference, until=time.monotonic() + self.seconds)
        try:
            pull.write(target, architecture=architecture)
        except (OSError, HTTPException) as error:
            raise PullFailed(f"{reference.host} could not be asked for {text}: {error}") from error


class _Pull:
    """One pull, with the token that it got on the way."""

    def __init__(self, *, registry: Registry, reference: Reference, until: float) -> None:
        self._registry = registry
        self._reference = reference
        self._until = until
        self._token: str | None = None

    def write(self, target: BinaryIO, *, architecture: str) -> None:
        manifest = self._manifest(architecture)
        limits = self._registry.limits
        config, layers = _descriptor(manifest.get("config")), manifest.get("layers")
        if not isinstance(layers, list) or not 0 < len(layers) <= limits.layers:
            raise _unfit(Words("a manifest without layers, or with too many"))
        if config.size > limits.config:
            raise too_large("config", most=limits.config)
        described = [_descriptor(layer) for layer in layers]
        if sum(layer.size for layer in described) > limits.total:
            raise too_large("layers", most=limits.total)
        for blob in dict.fromkeys([config, *described]):
            self._write_blob(blob, target)
        names = [layer.digest for layer in described]
        entry = [{"Config": config.digest, "RepoTags": None, "Layers": names}]
        content = json.dumps(entry).encode()
        target.write(header("manifest.json", size=len(content)) + content + padding(len(content)))
        target.write(END)

    def _manifest(self, architecture: str) -> Mapping[str, Any]:
        """Get the manifest; of an image for several machines that for this one."""
        digest = self._reference.digest
        for _ in range(2):
            content = self._document(f"manifests/{digest}", accept=_INDEXES + _MANIFESTS)
            if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
                raise _unfit(Words("a manifest with another SHA-256"))
            found = read_json(content, where="registry")
            if "manifests" not in found:
                return found
            digest = _of_machine(found["manifests"], architecture=architecture)
        raise _unfit(Words("an index of indexes"))

    def _document(self, path: str, *, accept: tuple[str, ...]) -> bytes:
        most = self._registry.limits.config
        with self._answer(path, accept=accept) as answer:
            content = b"".join(self._pieces(answer, most=most + 1))
        if len(content) > most:
            raise too_large("manifest", most=most)
        return content

    def _write_blob(self, blob: "_Descriptor", target: BinaryIO) -> None:
        digest, left = hashlib.sha256(), blob.size
        target.write(header(blob.digest, size=blob.size))
        with self._answer(f"blobs/{blob.digest}", accept=("*/*",)) as answer:
            for piece in self._pieces(answer, most=left):
                digest.update(piece)
                target.write(piece)
                left -= len(piece)
            more = b"".join(self._pieces(answer, most=1))
        if left or more or f"sha256:{digest.hexdigest()}" != blob.digest:
            raise _unfit(Words("a part with another size or SHA-256"))
        target.write(padding(blob.size))

    def _pieces(self, answer: HTTPResponse, *, most: int) -> Iterator[bytes]:
        """Read at most so many bytes; raise TimeoutError when the whole pull takes too long."""
        while most and (piece := answer.read1(min(CHUNK, most))):
            yield piece
            most -= len(piece)
            if time.monotonic() > self._until:
                raise TimeoutError(f"it took longer than {self._registry.seconds:.0f} s")

    @contextmanager
    def _answer(self, path: str, *, accept: tuple[str, ...]) -> Iterator[HTTPResponse]:
        """Ask, with a token if one is wanted, and follow moves to hosts of the list."""
        host = self._reference.host
        url = f"{_scheme(host)}://{host}/v2/{self._reference.repository}/{path}"
        for _ in range(_MOST_MOVES + 2):
            connection, answer = self._ask(url, accept=accept)
            try:
                if answer.status == HTTPStatus.OK:
                    yield answer
                    return
                if answer.status == HTTPStatus.UNAUTHORIZED and self._token is None:
                    self._token = self._get_token(answer.headers.get("WWW-Authenticate", ""))
                elif answer.status in _MOVED:
                    url = self._allowed(answer.headers.get("Location", ""), base=url)
                elif answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise _unfit(Words("the status {status}", status=answer.status))
                else:
                    raise HTTPException(f"it answered {answer.status}")
            finally:
                answer.close()  # which may own the socket alone
                connection.close()
        raise _unfit(Words("one move after another"))

    def _ask(self, url: str, *, accept: tuple[str, ...]) -> tuple[HTTPConnection, HTTPResponse]:
        parts = urlsplit(url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = make(parts.netloc, timeout=_SECONDS)
        headers = {"Accept": ", ".join(accept), "Accept-Encoding": "identity"}
        # The token is for the registry, not for whom it sends us to.
        if self._token is not None and parts.netloc == self._reference.host:
            headers["Authorization"] = f"Bearer {self._token}"
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("GET", target, headers=headers)
            return connection, connection.getresponse()
        except BaseException:
            connection.close()
            raise

    def _get_token(self, challenge: str) -> str:
        """Get a token for anybody, from a realm on the list."""
        fields = dict(re.findall(r'([a-z]+)="([^"]*)"', challenge))
        if not challenge.lower().startswith("bearer ") or "realm" not in fields:
            raise _unfit(Words("a demand to log in"))
        realm = self._allowed(fields["realm"])
        scope = f"repository:{self._reference.repository}:pull"
        query = urlencode({"service": fields.get("service", ""), "scope": scope})
        connection, answer = self._ask(f"{realm}?{query}", accept=("application/json",))
        try:
            if answer.status != HTTPStatus.OK:
                raise _unfit(Words("no token for anybody"))
            content = b"".join(self._pieces(answer, most=_TOKEN_BYTES))
            found = read_json(content, where="registry")
        finally:
            answer.close()
            connection.close()
        token = found.get("token") or found.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise _unfit(Words("no token for anybody"))
        return token

    def _allowed(self, url: str, *, base: str = "") -> str:
        """Give an address, whole, if it is on a host of the list, and as the list's are asked."""
        elsewhere = _unfit(Words("a way to {place}, which is not on the list", place=shown(url)))
        try:
            url = urljoin(base, url)
            parts = urlsplit(url)
        except ValueError:  # no address at all, such as http://[
            raise elsewhere from None
        if parts.netloc not in self._registry.hosts or parts.scheme != _scheme(parts.netloc):
            raise elsewhere
        if not url.isascii():  # which no request can ask for
            raise elsewhere
        return url


@dataclass(frozen=True)
class _Descriptor:
    digest: str
    size: int


def _descriptor(value: object) -> _Descriptor:
    described = value if isinstance(value, Mapping) else {}
    digest, size = described.get("digest"), described.get("size")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _unfit(Words("a part without a digest"))
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise _unfit(Words("a part without a size"))
    return _Descriptor(digest=digest, size=size)


def _of_machine(manifests: object, *, architecture: str) -> str:
    for manifest in manifests if isinstance(manifests, list) else ():
        platform = manifest.get("platform") if isinstance(manifest, Mapping) else None
        if isinstance(platform, Mapping) and (
            (platform.get("os"), platform.get("architecture")) == ("linux", architecture)
        ):
            return _descriptor(manifest).digest
    raise refused(
        ImageCode.WRONG_PLATFORM,
        where="registry",
        found=Words("images for other machines"),
        expected=Words(
            "linux/{architecture}, as the machine that runs it", architecture=architecture
        ),
        repair=Words(
            "build it with `docker build --platform linux/{architecture} …`",
            architecture=architecture,
        ),
    )


def _scheme(host: str) -> str:
    """Ask loopback in clear, as Docker does, and everybody else by TLS."""
    return "http" if host.partition(":")[0] in _LOOPBACK else "https"


def _bad_reference(text: str, *, expected: Words, repair: Words) -> InvalidImage:
    return refused(
        ImageCode.BAD_REFERENCE,
        where="image",
        found=Words("{reference}", reference=shown(text)),
        expected=expected,
        repair=repair,
    )


def _unfit(found: Words) -> InvalidImage:
    return refused(
        ImageCode.REGISTRY_ANSWER,
        where="registry",
        found=found,
        expected=Words("an image that anybody may pull"),
        repair=Words("look at the repository, or send the image with `docker save`"),
    )
