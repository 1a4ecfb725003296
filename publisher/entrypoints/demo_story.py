"""The demo's story: three profiles, one rate limited, one rejected, then mended and retried."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import click

from publisher.adapters.clock import boot_clock, utc_now
from publisher.domain.approvals import EntryKind
from publisher.domain.delivery import Delivery, DeliveryStatus
from publisher.domain.states import EpicState
from publisher.entrypoints.cli_options import coloured
from publisher.entrypoints.demo_stage import Stage
from publisher.files.yaml_edit import set_value
from publisher.usecases.editorial.doing import Done
from publisher.usecases.editorial.editing import Edit
from publisher.usecases.editorial.schedules import Times
from publisher.usecases.editorial.words import Word
from publisher.usecases.queries import EpicView

EPIC = "spring-launch"
GOOD = "Spring is here 🌷\nOur new colours are in the shop."
BAD = "Spring is here 🌷\nBuy now!!! Cheap!!!"
MENDED = "Spring is here 🌷\nThe new colours arrive today."
PROFILES = ("sandbox-social", "sandbox-feed", "sandbox-wire")
PATIENCE = 45.0
_LOOK = 0.1


EPIC_YAML = f"""\
# yaml-language-server: $schema=../../../../schemas/epic.schema.json
title: Spring launch
brief: Show what Copydesk does when things go wrong.
owner: ana
tasks:
  - id: teaser
    profiles: [{", ".join(PROFILES)}]
    body: {json.dumps(GOOD, ensure_ascii=False)}
    overrides:
      sandbox-wire:
        body: {json.dumps(BAD, ensure_ascii=False)}
"""


class Story:
    """Tells the story with `say`; `tell` returns what was not as promised."""

    def __init__(self, stage: Stage, say: Callable[[str], None]) -> None:
        self._stage, self._say = stage, say
        self._began = boot_clock()
        self._shown: dict[str, str] = {}

    def tell(self) -> list[str]:
        """Play it all; an empty list means that everything shown is true."""
        stage = self._stage
        self._act("A desk, its git forge, a Redis, workers and a sandbox network are running.")
        self._tell(f"Timeline to look at: {stage.sandbox_url}")
        stage.fault("acme-feed", "rate_limited", seconds=3)
        stage.fault("acme-wire", "rejected")
        self._tell("Armed: sandbox-feed will be rate limited once, sandbox-wire rejects once.")
        self._act("Ana drafts an epic: one task, three profiles. It is a branch and a draft PR.")
        editorial, told = stage.app.editorial, self._told
        told(editorial.drafts.new(EPIC, EPIC_YAML.encode(), stage.doing("ana")))
        told(editorial.drafts.request_review(EPIC, stage.doing("ana")))
        self._act("Bo approves exactly these bytes; Ana schedules it, which merges it.")
        self._approve()
        due = utc_now().astimezone(UTC).replace(microsecond=0) + timedelta(seconds=6)
        times = Times(at=f"{due:%Y-%m-%dT%H:%M:%S}", timezone="Etc/UTC")
        told(editorial.schedules.schedule(EPIC, stage.doing("ana"), times))
        first = self._watch(lambda view: view.state is EpicState.ERROR and self._settled(view))
        self._act("2 of 3 are out; the third was rejected and waits for a person.")
        self._act(
            "Ana mends the text of sandbox-wire: Bo's approval is void, and he is asked again."
        )
        told(editorial.editing.edit(self._mended()))
        self._approve()
        told(editorial.schedules.publish_now(EPIC, stage.doing("ana")))
        stage.app.decide.retry(EPIC, None, stage.doing("ana"))
        stage.app.queue.wake_round()
        last = self._watch(lambda view: view.state is EpicState.PUBLISHED)
        self._act("What git remembers:")
        self._say(stage.git_log())
        self._act("What the sandbox network received:")
        for post in stage.posts():
            text = post["text"].replace("\n", " ⏎ ")
            self._say(f"  {post['created_at'][11:19]}  {post['account']:<10}  {text}")
        return list(self._faults(first, last, due))

    def _mended(self) -> Edit:
        place = ("tasks", 0, "overrides", "sandbox-wire", "body")
        return Edit(
            epic=EPIC,
            doing=self._stage.doing("ana"),
            rewrite=lambda now: set_value(now, place, MENDED),
            confirmed=True,
        )

    def _approve(self) -> None:
        word = Word(kind=EntryKind.APPROVE, epic=EPIC, doing=self._stage.doing("bo"))
        self._told(self._stage.app.editorial.words.say(word))

    def _told(self, done: Done) -> None:
        self._tell(done.words)

    def wait_for_a_look(self) -> None:
        """Leave everything running until Ctrl-C."""
        self._act(f"Still running. Timeline: {self._stage.sandbox_url}  Desk: {self._stage.desk}")
        self._say("Ctrl-C stops it.")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            self._say("\nStopping.")

    def _watch(self, done: Callable[[EpicView], bool]) -> EpicView:
        """Show every change of a delivery until `done`; raise when it takes too long."""
        end = boot_clock() + PATIENCE
        while boot_clock() < end:
            view = self._view()
            for item in view.deliveries:
                self._show(item.key.profile, item.delivery.status, _why(item.delivery))
            self._show("epic", view.state, "")
            if done(view):
                return view
            threading.Event().wait(_LOOK)
        raise click.ClickException(f"The demo's epic did not get there within {PATIENCE:.0f} s.")

    def _view(self) -> EpicView:
        app = self._stage.app
        heads = app.store.sync()
        app.index.catch_up(heads)
        begun = frozenset(app.gate.calling(app.gate.now()))
        return app.queries.epic(heads, EPIC, utc_now(), begun)

    def _show(self, name: str, status: DeliveryStatus | EpicState | None, why: str) -> None:
        if status is not None and self._shown.get(name) != status.value:
            self._shown[name] = status.value
            self._tell(f"{name:<15} {coloured(status)}  {why}".rstrip())

    def _settled(self, view: EpicView) -> bool:
        resting = {DeliveryStatus.PUBLISHED, DeliveryStatus.FAILED}
        return all(item.delivery.status in resting for item in view.deliveries)

    def _faults(self, first: EpicView, last: EpicView, due: datetime) -> Iterator[str]:
        """Compare what was shown with what the sandbox counted."""
        if (first.published, last.published) != (2, 3):
            yield f"{first.published} of 3, then {last.published} of 3 published, not 2 and 3"
        posts = self._stage.posts()
        texts = {post["account"]: post["text"] for post in posts}
        if len(posts) != len(PROFILES):
            yield f"the sandbox received {len(posts)} posts, not {len(PROFILES)}"
        if texts != {"acme": GOOD, "acme-feed": GOOD, "acme-wire": MENDED}:
            yield f"the texts are not byte for byte what was approved: {texts}"
        early = [p for p in posts if datetime.fromisoformat(p["created_at"]) < due]
        if early:
            yield f"{len(early)} went out before the time"
        results = {
            item.key.profile: [attempt.result for attempt in item.delivery.attempts]
            for item in last.deliveries
        }
        wanted = dict(
            zip(
                PROFILES,
                (["published"], ["retry", "published"], ["failed", "published"]),
                strict=True,
            )
        )
        if results != wanted:
            yield f"the attempts were {results}"

    def _act(self, text: str) -> None:
        self._say("")
        self._tell(click.style(text, bold=True))

    def _tell(self, text: str) -> None:
        self._say(f"{boot_clock() - self._began:5.1f} s  {text}")


def _why(delivery: Delivery) -> str:
    if delivery.parts:
        return delivery.parts[0].url
    fault = delivery.attempts[-1].fault if delivery.attempts else None
    return fault.message if fault else ""
