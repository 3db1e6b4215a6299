"""What a registry answers is believed by its digest alone, and leads nowhere but to the list."""

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import ImageCode, InvalidImage
from sandbox.oci.rebuild import rebuild
from sandbox.oci.registry import PullFailed, Reference, Registry
from tests.images import HandMadeImage, digest, file, tarball

HOSTS = frozenset({"registry.example.org", "registry.example.org:5000"})
DIGEST = "sha256:" + 64 * "0"
IMAGE = HandMadeImage(layers=[tarball(file("a", bytes(3000))), tarball(file("b"))])
Answer = tuple[int, Mapping[str, str], bytes]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "model",
        "registry.example.org/team/model",
        "registry.example.org/team/model:latest",
        f"registry.example.org/team/model:latest@{DIGEST}",
        f"team/model@{DIGEST}",
        f"registry.example.org:443/team/model@{DIGEST}",
        f"other.example.org/team/model@{DIGEST}",
        f"registry.example.org.evil.example/team/model@{DIGEST}",
        f"user:secret@registry.example.org/team/model@{DIGEST}",
        f"registry.example.org@169.254.169.254/team/model@{DIGEST}",
        f"https://registry.example.org/team/model@{DIGEST}",
        f"169.254.169.254/team/model@{DIGEST}",
        f"127.0.0.1/team/model@{DIGEST}",
        f"[::1]/team/model@{DIGEST}",
        f"REGISTRY.example.org/team/model@{DIGEST}",
        f"registry.example.org./team/model@{DIGEST}",
        f"registry.example.org/../model@{DIGEST}",
        f"registry.example.org/team/model?x=@{DIGEST}",
        f"registry.example.org/team/model@{DIGEST}\n",
        f"registry.example.org/team/model@{DIGEST.upper()}",
        "registry.example.org/team/model@sha256:0",
        f"registry.example.org/{'a/' * 300}model@{DIGEST}",
    ],
)
def test_a_reference_that_is_not_by_digest_on_a_listed_host_is_refused(text: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        Reference.read(text, hosts=HOSTS)

    assert caught.value.problems[0].code == ImageCode.BAD_REFERENCE


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_a_reference_by_digest_is_read(host: str) -> None:
    found = Reference.read(f"{host}/team/sub/my-model_1@{DIGEST}", hosts=HOSTS)

    assert found == Reference(host=host, repository="team/sub/my-model_1", digest=DIGEST)


def test_without_a_list_there_is_no_registry() -> None:
    with pytest.raises(InvalidImage, match="one of the hosts none"):
        Reference.read(f"registry.example.org/model@{DIGEST}", hosts=())


@dataclass
class LyingRegistry:
    """A registry whose every answer a test may change."""

    address: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    def offer(self, image: HandMadeImage, **changes: Any) -> str:
        """Offer an image, and give its reference."""
        blobs = {f"sha256:{digest(blob)}": blob for blob in (image.document, *image.layers)}
        names = list(blobs)
        manifest = {
            "config": {"digest": names[0], "size": len(image.document)},
            "layers": [{"digest": name, "size": len(blobs[name])} for name in names[1:]],
            **changes,
        }
        content = json.dumps(manifest).encode()
        name = f"sha256:{digest(content)}"
        self.answers[f"/v2/team/model/manifests/{name}"] = (200, {}, content)
        for blob, data in blobs.items():
            self.answers[f"/v2/team/model/blobs/{blob}"] = (200, {}, data)
        return f"{self.address}/team/model@{name}"

    def pull(self, reference: str, **options: Any) -> bytes:
        """Pull from it, the only one on the list."""
        target = io.BytesIO()
        registry = Registry(hosts=frozenset({self.address}), limits=ImageLimits(total=50_000))
        Registry(**{**vars(registry), **options}).pull(reference, target, architecture="amd64")
        return target.getvalue()


@pytest.fixture
def lying() -> Iterator[LyingRegistry]:
    """Give a registry on the loopback."""
    registry = LyingRegistry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            registry.asked.append((self.path, dict(self.headers)))
            answers = registry.answers
            status, headers, body = answers.get(self.path, answers.get("", (404, {}, b"")))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    registry.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield registry
    server.shutdown()
    thread.join()
    server.server_close()


def refusal(lying: LyingRegistry, reference: str) -> ImageCode:
    with pytest.raises(InvalidImage) as caught:
        lying.pull(reference)
    return caught.value.problems[0].code


def test_what_is_pulled_is_an_archive_of_the_image(lying: LyingRegistry) -> None:
    pulled = lying.pull(lying.offer(IMAGE))

    taken = rebuild(io.BytesIO(pulled), io.BytesIO(), architecture="amd64")
    assert (taken.id, taken.layers) == (IMAGE.id, 2)


def test_of_an_index_the_image_for_this_machine_is_pulled(lying: LyingRegistry) -> None:
    name = lying.offer(IMAGE).partition("@")[2]
    listed = [
        {"digest": DIGEST, "size": 1, "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": name, "size": 1, "platform": {"os": "linux", "architecture": "amd64"}},
    ]

    for manifests, code in ((listed, None), (listed[:1], ImageCode.WRONG_PLATFORM)):
        content = json.dumps({"manifests": manifests}).encode()
        index = f"sha256:{digest(content)}"
        lying.answers[f"/v2/team/model/manifests/{index}"] = (200, {}, content)
        reference = f"{lying.address}/team/model@{index}"
        if code is None:
            assert lying.pull(reference)
        else:
            assert refusal(lying, reference) == code


def replace(lying: LyingRegistry, kind: str, make: Callable[[bytes], Answer]) -> None:
    """Change every answer of a kind."""
    for path, (_, _, body) in list(lying.answers.items()):
        if kind in path:
            lying.answers[path] = make(body)


@pytest.mark.parametrize("kind", ["manifests", "blobs"])
@pytest.mark.parametrize(
    "make",
    [
        lambda body: (200, {}, body + b" "),
        lambda body: (200, {}, body[:-1] + b" "),
        lambda body: (200, {}, body[:-1]),
        lambda _body: (404, {}, b""),
        lambda _body: (401, {"WWW-Authenticate": 'Basic realm="x"'}, b""),
        lambda _body: (
            401,
            {"WWW-Authenticate": 'Bearer realm="http://169.254.169.254/latest",service="x"'},
            b"",
        ),
        lambda _body: (307, {"Location": "http://169.254.169.254/latest/meta-data"}, b""),
        lambda _body: (302, {"Location": "//127.0.0.1:1/x"}, b""),
        lambda _body: (302, {"Location": "file:///etc/passwd"}, b""),
        lambda _body: (302, {"Location": ""}, b""),
        lambda _body: (302, {"Location": "http://["}, b""),
        lambda _body: (302, {"Location": "/\u00e9"}, b""),
        lambda _body: (401, {"WWW-Authenticate": 'Bearer realm="http://["'}, b""),
    ],
)
def test_an_answer_that_lies_or_leads_off_the_list_is_refused(
    lying: LyingRegistry, kind: str, make: Callable[[bytes], Answer]
) -> None:
    reference = lying.offer(IMAGE)
    replace(lying, kind, make)

    assert refusal(lying, reference) in {ImageCode.REGISTRY_ANSWER, ImageCode.BAD_DOCUMENT}
    assert len(lying.asked) < 10


def test_sizes_are_compared_with_the_limits_before_anything_is_read(lying: LyingRegistry) -> None:
    layer = f"sha256:{digest(IMAGE.layers[0])}"
    for size in (50_001, -1, True, "1", None, 1 << 80):
        reference = lying.offer(IMAGE, layers=[{"digest": layer, "size": size}])
        lying.asked.clear()
        assert refusal(lying, reference) in {ImageCode.TOO_LARGE, ImageCode.REGISTRY_ANSWER}
        assert len(lying.asked) == 1
    assert refusal(lying, lying.offer(IMAGE, layers=[])) == ImageCode.REGISTRY_ANSWER
    assert refusal(lying, lying.offer(IMAGE, config={})) == ImageCode.REGISTRY_ANSWER


def test_a_token_for_anybody_is_got_from_the_list_and_sent_nowhere_else(
    lying: LyingRegistry,
) -> None:
    reference = lying.offer(IMAGE)
    right = dict(lying.answers)
    wanted = {"WWW-Authenticate": f'Bearer realm="http://{lying.address}/token",service="s"'}
    lying.answers = {"": (401, wanted, b"")}
    scope = "/token?service=s&scope=repository%3Ateam%2Fmodel%3Apull"
    lying.answers[scope] = (200, {}, b'{"token": "abc"}')

    class WithToken(dict[str, Answer]):
        def get(self, path: str, default: Any = None) -> Any:
            sent = lying.asked[-1][1].get("Authorization") if lying.asked else None
            return right.get(path, default) if sent == "Bearer abc" else super().get(path, default)

    lying.answers = WithToken(lying.answers)

    assert lying.pull(reference)
    assert [path for path, _ in lying.asked].count(scope) == 1


def test_a_registry_that_is_down_may_be_asked_again(lying: LyingRegistry) -> None:
    reference = lying.offer(IMAGE)
    lying.answers = {"": (503, {}, b"")}
    with pytest.raises(PullFailed, match="503"):
        lying.pull(reference)

    with pytest.raises(PullFailed):
        lying.pull(f"127.0.0.1:1/team/model@{DIGEST}", hosts=frozenset({"127.0.0.1:1"}))


def test_a_pull_has_a_deadline(lying: LyingRegistry) -> None:
    with pytest.raises(PullFailed, match="longer"):
        lying.pull(lying.offer(IMAGE), seconds=-1)
    assert len(lying.asked) == 1  # a manifest counts too
