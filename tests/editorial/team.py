"""Ana writes and schedules, Bo and Cy approve, Di approves on one platform, Eve is a stranger."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import yaml

from publisher.adapters.clock import utc_now
from publisher.domain.approvals import EntryKind
from publisher.domain.epic import Person
from publisher.domain.states import EpicState
from publisher.files.epic_edit import new_epic
from publisher.usecases.editorial.doing import Doing, Done
from publisher.usecases.editorial.editing import Edit, Rewrite
from publisher.usecases.editorial.schedules import Times
from publisher.usecases.editorial.survey import Surveyed
from publisher.usecases.editorial.words import Word
from publisher.wiring import App
from tests.integration.people import git
from tests.integration.world import World, task

ROLES = {
    "ana": ("Ana Silva", ["author", "scheduler", "admin"]),
    "bo": ("Bo Chen", ["approver"]),
    "cy": ("Cy Okafor", ["approver", "author"]),
}
PEOPLE = yaml.safe_dump(
    {
        "people": [
            {
                "id": who,
                "name": name,
                "email": f"{who}@example.com",
                "github": f"{who}-acme",
                "roles": roles,
            }
            for who, (name, roles) in ROLES.items()
        ]
    },
    sort_keys=False,
)
ONE_APPROVAL = "{required: 1}"
LAUNCH = "launch"


@dataclass
class Team:
    """What people do, each under their own name; `app` is the installation they share."""

    world: World
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def app(self) -> App:
        return self.world.app

    def doing(self, who: str, request: str = "", at: datetime | None = None) -> Doing:
        return Doing(
            who=self.people[who], request=request or uuid4().hex, at=at or utc_now(), via="cli"
        )

    def draft(self, *tasks: dict[str, Any], epic: str = LAUNCH, who: str = "ana") -> Done:
        """A draft of two tasks unless said otherwise."""
        wanted = tasks or (task("teaser", "x"), task("letter", "linkedin"))
        data = new_epic(
            f"content/epics/2026/{epic}", title="Launch", owner="ana", tasks=list(wanted)
        )
        return self.app.editorial.drafts.new(epic, data, self.doing(who))

    def approve(self, who: str, *tasks: str, epic: str = LAUNCH, request: str = "") -> Done:
        return self.say(EntryKind.APPROVE, who, *tasks, epic=epic, request=request)

    def say(
        self,
        kind: EntryKind,
        who: str,
        *tasks: str,
        epic: str = LAUNCH,
        request: str = "",
        text: str = "",
    ) -> Done:
        word = Word(kind=kind, epic=epic, doing=self.doing(who, request), tasks=tasks, text=text)
        return self.app.editorial.words.say(word)

    def edit(
        self,
        rewrite: Rewrite,
        *,
        who: str = "ana",
        epic: str = LAUNCH,
        confirmed: bool = True,
        media: dict[str, bytes | None] | None = None,
    ) -> Done:
        wanted = Edit(
            epic=epic,
            doing=self.doing(who),
            rewrite=rewrite,
            confirmed=confirmed,
            media=media or {},
        )
        return self.app.editorial.editing.edit(wanted)

    def schedule(
        self, due: datetime | None = None, *, who: str = "ana", epic: str = LAUNCH, **more: str
    ) -> Done:
        """For an hour from now unless said otherwise."""
        at = (due or utc_now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        times = Times(at=at, timezone="UTC")
        return self.app.editorial.schedules.schedule(epic, self.doing(who), times, **more)

    def scheduled(self, *tasks: dict[str, Any], due: datetime | None = None) -> Done:
        """A draft, reviewed, approved by Bo and scheduled by Ana."""
        self.draft(*tasks)
        self.app.editorial.drafts.request_review(LAUNCH, self.doing("ana"))
        self.approve("bo")
        return self.schedule(due)

    def survey(self, epic: str = LAUNCH) -> Surveyed:
        editorial = self.app.editorial
        heads = editorial.desk.attempt.fresh()
        return editorial.survey.of(editorial.desk.finder.one(heads, epic))

    def state(self, epic: str = LAUNCH) -> EpicState:
        assessment = self.survey(epic).assessment
        assert assessment is not None, self.survey(epic).problems
        return assessment.state

    def why(self, epic: str = LAUNCH) -> str:
        assessment = self.survey(epic).assessment
        return assessment.why if assessment else ""

    def text(self, branch: str = f"epic/{LAUNCH}", epic: str = LAUNCH) -> bytes:
        data = self.world.file(f"content/epics/{utc_now().year}/{epic}/epic.yaml", branch)
        assert data is not None
        return data

    def log(self, branch: str, form: str = "%an|%cn|%s") -> list[str]:
        return git(self.world.remote, "log", f"--format={form}", branch).split("\n")


def hire(world: World, policy: str = ONE_APPROVAL) -> Team:
    """The world's repository with these people in it, and approvals that are asked for."""
    world.people.pull()
    settings = [
        line
        for line in world.people.read("content/copydesk.yaml").splitlines()
        if not line.startswith("approvals")
    ]
    text = "\n".join([*settings, f"approvals: {policy}", ""])
    world.people.write("content/copydesk.yaml", text)
    world.people.write("content/people.yaml", PEOPLE)
    world.people.push("Hire a team")
    people = {
        who: Person(
            id=who,
            name=name,
            email=f"{who}@example.com",
            github=f"{who}-acme",
            roles=tuple(roles),
        )
        for who, (name, roles) in ROLES.items()
    }
    people["eve"] = Person(id="", name="Eve Stranger", email="eve@example.com")
    return Team(world, people)
