"""Media end to end: told ahead when they fail, pinned where they lie elsewhere, and fitted."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import yaml

from publisher.adapters import contents
from publisher.adapters.clock import utc_now
from publisher.adapters.media_desk import GitMedia
from publisher.adapters.media_probe import probe
from publisher.adapters.probe_cache import ProbeCache
from publisher.domain.delivery import DeliveryStatus
from publisher.domain.epic import Person
from publisher.domain.errors import ConfigError
from publisher.domain.limits import Limits, MediaLimits
from publisher.domain.media import Probe, Unprobed, Usable
from publisher.entrypoints.cli import cli
from publisher.files.media_lock import LOCK
from publisher.ports import Attachment
from publisher.usecases.drafting import handed
from publisher.usecases.editorial.doing import Doing
from tests.integration.approving import needing_approval
from tests.integration.people import git
from tests.integration.world import (
    SETTINGS,
    SPRING,
    World,
    profiles_text,
    task,
    whole_second_after,
)
from tests.media.servers import answer, serving
from tests.pictures import BLUE, RED, noise, photo, picture

HOUR = 3600
PAGE = b"<!DOCTYPE html><p>Please sign in to see this picture.</p>"


class Web:
    """A web server in a thread; `answers` may change while it runs."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = ""

    async def handle(self, path: str, writer: Any) -> None:
        self.asked.append(path)
        writer.write(self.answers.get(path, answer(b"", status="404 Not Found")))
        await writer.drain()


@pytest.fixture
def web() -> Iterator[Web]:
    web, loop = Web(), asyncio.new_event_loop()
    stop = asyncio.Event()
    started = loop.create_future()

    async def serve() -> None:
        async with serving(web.handle) as url:
            web.url = url
            started.set_result(None)
            await stop.wait()

    serving_task = loop.create_task(serve())
    loop.run_until_complete(started)
    thread = Thread(target=loop.run_until_complete, args=(serving_task,))
    thread.start()
    yield web
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture
def near(world: World) -> World:
    """A publisher that may fetch from this machine."""
    world.environ["COPYDESK_MEDIA_FROM_PRIVATE"] = "yes"
    return world


def with_file(world: World, data: bytes, *, seconds: float = HOUR, name: str = "a.png") -> None:
    world.people.write(f"{SPRING}/media/{name}", data)
    media = [{"file": f"media/{name}", "alt": "A"}]
    world.epic(
        task("teaser", "x", media=media), task("plain", "x"), due=whole_second_after(seconds)
    )


def with_url(world: World, url: str, *, seconds: float = -60) -> None:
    media = [{"url": url, "alt": "A"}]
    due = utc_now() + timedelta(seconds=seconds)
    world.epic(task("teaser", "x", media=media), task("plain", "x"), due=due)


def pinned(world: World, *, again: bool = False) -> Any:
    ana = Person(id="ana", name="Ana Silva", email="ana@example.com")
    doing = Doing(who=ana, request=uuid4().hex, at=utc_now())
    return world.app.editorial.pinning.pin("spring-launch", doing, again=again)[1]


def status(world: World) -> dict[str, Any]:
    heads = world.app.store.sync(force=True)
    world.app.index.catch_up(heads)
    out = StringIO()
    environ = {"COPYDESK_STATE": str(world.folder / "terminal"), "REDIS_URL": world.redis_url}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out):
        for name, value in environ.items():
            patch.setenv(name, value)
        cli.main(
            ["status", "spring-launch", "--json", "--repo", str(world.remote)],
            standalone_mode=False,
        )
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


# Files of the repository.


def test_a_broken_file_is_told_hours_before_it_should_go_out(world: World) -> None:
    with_file(world, PAGE)
    world.run()

    shown = world.shown()
    assert shown["state"] == "Error"
    (unready,) = shown["media"]
    assert (unready["task"], unready["media"]) == ("teaser", "media/a.png")
    assert (unready["status"], unready["cause"]) == ("failed", "unsupported_format")
    assert "a web page" in unready["message"]
    assert world.subjects()[0].startswith("status: spring-launch media failed: media/a.png")

    told = status(world)
    teaser, plain = told["tasks"]
    assert (teaser["status"], plain["status"]) == ("media_processing_failed", "scheduled")
    assert teaser["media"][0]["status"] == "failed"
    assert told["state"] == "Error"


def test_once_it_is_mended_everything_is_scheduled_again(world: World) -> None:
    with_file(world, PAGE)
    world.run()
    world.people.pull()
    world.people.write(f"{SPRING}/media/a.png", picture())
    world.people.push("A real picture")
    world.run()

    shown = world.shown()
    assert shown["state"] == "Scheduled"
    assert "media" not in shown
    assert world.subjects()[0].startswith("status: spring-launch media no longer failing")
    assert status(world)["tasks"][0]["status"] == "scheduled"


def test_at_the_due_time_only_the_task_with_failed_media_stays_behind(world: World) -> None:
    with_file(world, picture()[:50], seconds=-60)
    world.run()

    assert world.network.texts() == ["Text of plain."]
    assert world.shown()["state"] == "Error"
    world.people.pull()
    world.people.write(f"{SPRING}/media/a.png", picture())
    world.people.push("A real picture")
    world.run()
    assert world.network.texts() == ["Text of plain.", "Text of teaser."]
    assert world.shown()["state"] == "Published"


def test_failed_media_of_an_epic_without_a_time_are_told_too(world: World) -> None:
    world.people.write(f"{SPRING}/media/a.png", b"")
    plain = {
        "title": "Spring",
        "owner": "ana",
        "tasks": [task("teaser", "x", media=[{"file": "media/a.png"}])],
    }
    world.people.write(f"{SPRING}/epic.yaml", yaml.safe_dump(plain))
    world.people.push("Add it")
    world.run()

    assert world.shown()["media"][0]["cause"] == "empty"


def test_what_a_file_is_goes_to_the_platform_whatever_its_name_says(world: World) -> None:
    with_file(world, picture(form="JPEG"), seconds=-60, name="a.png")
    world.round()
    claim = handed(world.delivery("teaser/x"))
    read = world.app.media.contents
    (post,) = read.posts(claim, read.profile(claim))

    assert post.media[0].content_type == "image/jpeg"
    assert post.media[0].data == picture(form="JPEG")
    assert post.media[0].file == "media/a.png"


def test_metadata_go_where_the_profile_says_so(world: World) -> None:
    data = photo(orientation=6)
    allowing(world, "strip_metadata")
    world.people.write(f"{SPRING}/media/a.jpg", data)
    world.epic(task("teaser", "x", "linkedin", media=[{"file": "media/a.jpg", "alt": "A"}]))
    world.run()

    by_account = {post["account"]: post["media"][0]["sha256"] for post in world.network.posts()}
    whole = hashlib.sha256(data).hexdigest()
    assert by_account["acme-linkedin"] == whole
    assert by_account["acme-x"] != whole


def allowing(world: World, *fit: str) -> None:
    profiles = yaml.safe_load(profiles_text(world.network.url))
    profiles["profiles"][0]["fit"] = list(fit)
    world.people.write("content/profiles.yaml", yaml.safe_dump(profiles))


def limited(world: World, most: int) -> None:
    """A platform that takes so many bytes."""
    limits = Limits(image=MediaLimits(bytes=(None, most)))
    world.publisher().limits = lambda _profile: limits  # type: ignore[method-assign]


@pytest.mark.parametrize("projection", ["true", "false"])
def test_what_cannot_be_fitted_is_told_ahead_and_mended_by_allowing_more(
    world: World, projection: str
) -> None:
    data = noise((300, 200), quality=98)
    limited(world, len(data) // 8)
    allowing(world, "reencode")
    world.people.write("content/copydesk.yaml", SETTINGS.replace("true", projection))
    with_file(world, data)
    world.run()

    (unready,) = world.record().media
    assert unready.cause == "does_not_fit"
    assert unready.message.startswith("x: media/a.png: It is larger than")
    world.people.pull()
    allowing(world, "reencode", "resize")
    world.people.push("Allow more")
    world.run()
    assert world.record().media == ()


def test_what_is_sent_is_what_was_fitted_ahead(world: World) -> None:
    data = noise((300, 200), quality=98)
    limited(world, len(data) // 2)
    allowing(world, "reencode")
    with_file(world, data, seconds=-60)
    world.run()

    (post,) = (post for post in world.network.posts() if post["media"])
    (fitted,) = (world.folder / "state" / "media" / "fitted").iterdir()
    assert post["media"][0]["sha256"] == hashlib.sha256(fitted.read_bytes()).hexdigest()
    assert fitted.stat().st_size <= len(data) // 2
    assert world.shown()["state"] == "Published"


# Addresses.


def test_nothing_goes_out_before_an_address_is_pinned_and_then_the_pinned_bytes_do(
    near: World, web: Web
) -> None:
    web.answers["/a.png"] = answer(picture(colour=RED))
    with_url(near, f"{web.url}/a.png")
    near.run()
    assert near.network.texts() == ["Text of plain."]
    assert near.shown()["media"][0]["status"] == "pending"
    assert status(near)["tasks"][0]["status"] == "pending"

    assert pinned(near).failed == ()
    web.answers["/a.png"] = answer(picture(colour=BLUE))
    near.run()
    (post,) = (post for post in near.network.posts() if post["media"])
    assert post["media"][0]["sha256"] == hashlib.sha256(picture(colour=RED)).hexdigest()
    assert web.asked == ["/a.png"]
    assert near.shown()["state"] == "Published"


def test_a_pin_is_a_commit_of_the_person_and_pinning_again_changes_nothing(
    near: World, web: Web
) -> None:
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png", seconds=HOUR)
    pinned(near)

    assert near.subjects()[0] == "pin: spring-launch"
    lock = near.file(f"{SPRING}/{LOCK}")
    assert lock is not None
    (pin,) = yaml.safe_load(lock)["media"]
    assert pin["sha256"] == hashlib.sha256(picture()).hexdigest()
    assert pin["is"]["content_type"] == "image/png"

    before = near.ref("main")
    pinned(near)
    assert near.ref("main") == before
    assert web.asked == ["/a.png"]
    web.answers["/a.png"] = answer(picture(colour=BLUE))
    pinned(near, again=True)
    assert near.file(f"{SPRING}/{LOCK}") != lock


@pytest.mark.parametrize(
    ("answered", "cause"),
    [
        (answer(b"", status="404 Not Found"), "not_found"),
        (answer(b"", status="403 Forbidden"), "forbidden"),
        (answer(PAGE, Content_Type="image/png"), "unsupported_format"),
    ],
)
def test_an_address_that_fails_is_an_error_with_its_cause_until_it_works(
    near: World, web: Web, answered: bytes, cause: str
) -> None:
    web.answers["/a.png"] = answered
    with_url(near, f"{web.url}/a.png", seconds=HOUR)
    assert len(pinned(near).failed) == 1
    near.run()

    assert near.shown()["state"] == "Error"
    assert near.shown()["media"][0]["cause"] == cause
    assert status(near)["tasks"][0]["status"] == "media_processing_failed"

    web.answers["/a.png"] = answer(picture())
    pinned(near)
    near.run()
    assert near.shown()["state"] == "Scheduled"


def test_this_machine_is_not_fetched_from_unless_a_setting_says_so(world: World, web: Web) -> None:
    with_url(world, f"{web.url}/a.png", seconds=HOUR)

    (failed,) = pinned(world).failed
    assert failed.found.fault.cause.value == "refused_address"
    assert web.asked == []


def test_an_address_that_leaves_the_epic_leaves_the_lock_and_the_last_one_takes_it_along(
    near: World, web: Web
) -> None:
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png", seconds=HOUR)
    pinned(near)
    near.people.pull()
    near.epic(task("teaser", "x"), due=whole_second_after(HOUR))
    pinned(near)

    assert near.file(f"{SPRING}/{LOCK}") is None


def test_other_bytes_under_the_pinned_name_are_refused(near: World, web: Web) -> None:
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png")
    (pin,) = pinned(near).pins
    place = near.app.media.kept.local(pin.found.sha256)
    assert place is not None
    place.write_bytes(picture(colour=BLUE))
    near.run()

    assert near.network.texts() == ["Text of plain."]
    delivery = near.delivery("teaser/x")
    assert delivery.status is DeliveryStatus.FAILED
    assert delivery.attempts[-1].fault is not None
    assert delivery.attempts[-1].fault.kind.value == "invalid_media"
    assert "copydesk pin --again" in delivery.attempts[-1].fault.message


def test_a_lock_that_a_person_has_broken_is_as_good_as_none_and_written_anew(
    near: World, web: Web
) -> None:
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png")
    near.people.write(f"{SPRING}/{LOCK}", "media: [{url: no}")
    near.people.push("Break it")
    near.run()
    assert near.network.texts() == ["Text of plain."]
    pinned(near)
    near.run()
    assert near.network.texts() == ["Text of plain.", "Text of teaser."]


def test_the_command_says_what_it_pinned_and_fails_when_something_failed(
    near: World, web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png", seconds=HOUR)
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Ana Silva\n\temail = ana@example.com\n")
    for name, value in {
        "COPYDESK_STATE": str(near.folder / "terminal"),
        "COPYDESK_MEDIA_FROM_PRIVATE": "yes",
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
    }.items():
        monkeypatch.setenv(name, value)
    out = StringIO()
    with redirect_stdout(out):
        cli.main(["pin", "spring-launch", "--repo", str(near.remote)], standalone_mode=False)
    assert f"{web.url}/a.png  image/png, {len(picture())} bytes" in out.getvalue()


# Approvals.


def test_approvals_count_for_the_pinned_bytes_and_for_nothing_else(near: World, web: Web) -> None:
    web.answers["/a.png"] = answer(picture(colour=RED))
    with_url(near, f"{web.url}/a.png")
    team = needing_approval(near)
    team.say("plain", "teaser")
    near.run()
    assert near.network.texts() == []

    assert "Run `copydesk pin` first" in team.view().approvals["teaser"].missing

    pinned(near)
    near.run()
    assert near.network.texts() == []
    assert "teaser needs one more approval" in team.view().approvals["teaser"].missing
    near.people.pull()
    team.say("teaser")
    near.run()
    assert sorted(near.network.texts()) == ["Text of plain.", "Text of teaser."]


def test_allowing_more_to_be_done_to_media_asks_for_approval_anew(world: World) -> None:
    with_file(world, picture(), seconds=HOUR)
    team = needing_approval(world)
    team.say()
    assert team.view().approvals["teaser"].complete
    world.people.pull()
    allowing(world, "reencode")
    world.people.push("Allow more")

    assert not team.view().approvals["teaser"].complete
    assert team.view().approvals["plain"].complete


# When something outside does not work.


def test_a_store_that_does_not_answer_is_tried_again_and_nothing_is_lost(
    near: World, web: Web
) -> None:
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png")
    (pin,) = pinned(near).pins
    place = near.app.media.kept.local(pin.found.sha256)
    assert place is not None
    data = place.read_bytes()
    place.unlink()
    place.parent.rmdir()
    place.parent.symlink_to(place.parent)
    near.round()
    near.carry()
    near.round()
    assert near.status("teaser/x") is DeliveryStatus.WAITING

    place.parent.unlink()
    place.parent.mkdir()
    place.write_bytes(data)
    near.run_until(lambda: near.shown()["state"] == "Published")
    assert sorted(near.network.texts()) == ["Text of plain.", "Text of teaser."]


def test_what_is_too_large_for_memory_goes_only_where_it_is_streamed(
    near: World, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "IN_MEMORY", len(picture()) - 1)
    web.answers["/a.png"] = answer(picture())
    with_url(near, f"{web.url}/a.png")
    pinned(near)
    near.run()

    fault = near.delivery("teaser/x").attempts[-1].fault
    assert fault is not None
    assert fault.kind.value == "invalid_media"
    assert "a.png is too large for sandbox" in fault.message
    assert near.network.texts() == ["Text of plain."]


def test_looking_at_many_new_files_does_not_hold_up_a_round(world: World) -> None:
    clock = [0.0]
    with_file(world, picture(), seconds=-60)
    app = world.app
    app.index.catch_up(app.store.sync(force=True))
    cache = ProbeCache(world.folder / "probes.sqlite")
    desk = GitMedia(app.store, cache, lambda: clock[0], budget=2.0)
    look = desk.of(app.index.heads.main, SPRING)  # type: ignore[union-attr]

    clock[0] = 2.1
    assert isinstance(look("media/a.png"), Unprobed)
    desk.begin()
    look = desk.of(app.index.heads.main, SPRING)  # type: ignore[union-attr]
    assert isinstance(look("media/a.png"), Usable)
    clock[0] = 9.0
    look = desk.of(app.index.heads.main, SPRING)  # type: ignore[union-attr]
    assert isinstance(look("media/a.png"), Usable)
    cache.close()


def test_bytes_that_are_not_those_that_were_looked_at_are_refused(world: World) -> None:
    with_file(world, picture(), seconds=-60)
    blob = git(world.people.folder, "hash-object", f"{SPRING}/media/a.png")
    found = probe(BytesIO(picture()))
    assert isinstance(found, Probe)
    cache = ProbeCache(world.folder / "state" / "media.sqlite")
    cache.put(blob, Usable("0" * 64, found))
    cache.close()
    world.run()

    fault = world.delivery("teaser/x").attempts[-1].fault
    assert fault is not None
    assert "not what was approved" in fault.message
    assert world.network.texts() == ["Text of plain."]


# Platforms that fetch media themselves.


def attachment() -> Attachment:
    data = picture()
    sha256 = hashlib.sha256(data).hexdigest()
    return Attachment(
        file="media/a.png", alt="", content_type="image/png", sha256=sha256, data=data
    )


def test_an_attachment_gets_an_address_and_its_bytes_are_kept_for_it(world: World) -> None:
    world.environ |= {
        "COPYDESK_PUBLIC_URL": "https://media.acme.test",
        "COPYDESK_MEDIA_SECRET": "sixteen letters or more",
    }
    media = world.app.media
    linked = media.contents.linked(attachment())
    _, _, until, signature, name = urlsplit(linked.url).path.split("/")

    assert media.links.opens(until, signature, name, utc_now()) == linked.sha256
    kept = media.kept.local(linked.sha256)
    assert kept is not None
    assert kept.read_bytes() == picture()


@pytest.mark.parametrize(
    "environ",
    [{}, {"COPYDESK_PUBLIC_URL": "https://a.test"}, {"COPYDESK_MEDIA_SECRET": "x" * 20}],
)
def test_without_a_public_address_or_a_good_secret_there_is_none(
    world: World, environ: dict[str, str]
) -> None:
    world.environ |= environ
    with pytest.raises(ConfigError, match="COPYDESK_PUBLIC_URL"):
        world.app.media.contents.linked(attachment())
