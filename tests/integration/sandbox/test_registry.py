"""A real registry, to which a real engine pushed an image: pulled by digest, rebuilt, the same."""

import dataclasses
import io
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import httpx
import pytest

from challenge_platform.bootstrap import Platform
from challenge_platform.cli import main
from challenge_platform.core import account
from challenge_platform.web import create_app
from sandbox.engine import ENGINE_SOCKET, Engine
from sandbox.oci.limits import ImageLimits
from sandbox.oci.problem import InvalidImage
from sandbox.oci.rebuild import rebuild
from sandbox.oci.registry import Registry
from tests.conftest import participant
from tests.core.programs import publish_hidden
from tests.images import file, tarball
from tests.live import free_port
from tests.served import serving
from tests.waiting import wait_until
from tests.web.conftest import with_token

pytestmark = [pytest.mark.docker, pytest.mark.slow]

CONFIG = """
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """Give the host of a registry that is empty."""
    port = free_port()
    config = tmp_path / "registry.yml"
    config.write_text(CONFIG.format(folder=tmp_path / "registry", port=port))
    host = f"127.0.0.1:{port}"
    with subprocess.Popen(
        ["docker-registry", "serve", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin"},
    ) as process:
        wait_until(lambda: httpx.get(f"http://{host}/v2/").is_success)
        yield host
        process.terminate()


@pytest.fixture
def pushed(registry: str, engine: Engine) -> tuple[str, str]:
    """Build an image, push it, and give its reference by digest and its id."""
    assert engine.facts().seccomp
    tag = f"{registry}/team/model:latest"
    context = tarball(
        file("Dockerfile", b'FROM scratch\nCOPY f /a/\nENTRYPOINT ["/a/f"]\n'),
        file("f", uuid.uuid4().bytes * 10_000),
    )
    with docker.APIClient(base_url=f"unix://{ENGINE_SOCKET}") as client:
        api: Any = client
        assert list(api.build(fileobj=io.BytesIO(context), custom_context=True, tag=tag, rm=True))
        try:
            said = list(api.push(tag, stream=True, decode=True))
            digest = next(line["aux"]["Digest"] for line in said if "aux" in line)
            image_id = api.inspect_image(tag)["Id"]
        finally:
            api.remove_image(tag)
    return f"{registry}/team/model@{digest}", image_id


def test_an_image_is_pulled_by_digest_from_a_listed_registry(
    pushed: tuple[str, str], registry: str
) -> None:
    reference, image_id = pushed
    pulled = io.BytesIO()

    Registry(hosts=frozenset({registry}), limits=ImageLimits()).pull(
        reference, pulled, architecture="amd64"
    )

    taken = rebuild(pulled, io.BytesIO(), architecture="amd64")
    assert taken.id == image_id


def test_a_registry_that_is_not_listed_and_an_image_that_is_not_there_are_refused(
    pushed: tuple[str, str], registry: str
) -> None:
    reference, _ = pushed
    nobody = Registry(hosts=frozenset(), limits=ImageLimits())
    listed = Registry(hosts=frozenset({registry}), limits=ImageLimits())

    for puller, text, what in (
        (nobody, reference, "one of the hosts none"),
        (listed, f"{reference[:-4]}0000", "status 404"),
        (listed, reference.replace("team/model", "other"), "status 404"),
    ):
        with pytest.raises(InvalidImage, match=what):
            puller.pull(text, io.BytesIO(), architecture="amd64")


def test_an_image_is_submitted_by_its_digest_in_a_listed_registry(
    pushed: tuple[str, str], registry: str, platform: Platform
) -> None:
    reference, _ = pushed
    settings = platform.settings.model_copy(update={"registries": f" {registry},other.example"})
    listing = dataclasses.replace(platform, settings=settings)
    ann = participant(platform, publish_hidden(platform), name="ann")
    path = "/challenges/hidden-cells/submissions"

    unlisted = with_token(create_app(platform), platform, ann.user)
    refused = unlisted.post(path, data={"image": reference})
    program = with_token(create_app(listing), listing, ann.user)
    wrong = program.post(path, data={"image": f"{reference[:-4]}0000"})
    right = program.post(path, data={"image": reference, "message": "by digest"})

    assert [answer.status_code for answer in (refused, wrong, right)] == [422, 422, 201]
    codes = [answer.json["errors"][0]["code"] for answer in (refused, wrong)]
    assert codes == ["bad_reference", "registry_answer"]
    made = program.get(f"/submissions/{right.json['id']}").json
    assert (made["kind"], made["filename"]) == ("container", reference)
    assert platform.store.has(made["sha256"])
    assert not [left for left in platform.store.scratch.iterdir() if left.is_file()]


def test_the_command_line_submits_an_image_by_its_digest(
    pushed: tuple[str, str],
    registry: str,
    platform: Platform,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reference, _ = pushed
    settings = platform.settings.model_copy(update={"registries": registry})
    listing = dataclasses.replace(platform, settings=settings)
    ann = participant(platform, publish_hidden(platform), name="ann")
    now = platform.clock()
    with platform.database.writing() as session:
        token = account.issue_token(session, ann.user, name="cli", now=now)
    given = ["submit", "hidden-cells", "-m", "by digest", "--image"]

    with serving(listing) as address, serving(platform) as unlisted:
        codes = [
            main(["--url", at, "--token", token, *given, image])
            for at, image in (
                (address, reference),
                (address, f"{reference[:-4]}0000"),
                (unlisted, reference),
            )
        ]

    said = capsys.readouterr()
    assert codes == [0, 2, 2]
    assert "was accepted" in said.out
    assert "expected an image that anybody may pull" in said.err
    assert "expected one of the hosts none" in said.err
