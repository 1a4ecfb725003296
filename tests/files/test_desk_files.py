"""The three files of the desk, and epics held against them."""

from datetime import timedelta
from pathlib import Path

import pytest

from publisher.domain.epic import ApprovalPolicy, Blackout, Desk, Settings
from publisher.domain.errors import ContentError
from publisher.domain.problems import Problem
from publisher.domain.walltime import resolve
from publisher.files.desk_files import (
    check_epic,
    read_desk,
    read_people,
    read_profiles,
    read_settings,
)
from publisher.files.epic_file import read_epic
from tests.files.epics_for_tests import GOOD, change, folder_of

CONTENT = Path(__file__).parents[2] / "content"
FILES = tuple(
    (CONTENT / f"{name}.yaml").read_bytes() for name in ("copydesk", "people", "profiles")
)


def desk() -> Desk:
    return read_desk(*FILES)


def problems_of(*files: bytes | None) -> tuple[Problem, ...]:
    with pytest.raises(ContentError) as caught:
        read_desk(*files)
    return caught.value.problems


def test_the_starter_desk() -> None:
    found = desk()
    assert found.settings == Settings(id="acme", timezone="Europe/Berlin")
    assert {p.id: p.roles for p in found.people.values()} == {
        "ana": ("author", "scheduler", "admin"),
        "bo": ("approver",),
    }
    assert {p.id: (p.platform, p.account, p.options["plays"]) for p in found.profiles.values()} == {
        "sandbox-social": ("sandbox", "acme", "idempotent"),
        "sandbox-feed": ("sandbox", "acme-feed", "searchable"),
        "sandbox-wire": ("sandbox", "acme-wire", "blind"),
    }


def test_every_setting_is_read() -> None:
    text = (
        b"id: a\ntimezone: Asia/Tokyo\npaused: true\nprojection: false\novergrace: x\n"
        b"same_content_within: P7D\npublication_attempts_limit: 3.0\n"
    ).replace(b"overgrace: x", b"overdue_grace: PT90M")
    assert read_settings(text, "s") == Settings(
        id="a",
        timezone="Asia/Tokyo",
        paused=True,
        projection=False,
        overdue_grace=timedelta(minutes=90),
        same_content_within=timedelta(days=7),
        publication_attempts_limit=3,
    )
    assert type(read_settings(text, "s").publication_attempts_limit) is int
    assert read_settings(b"id: a\n", "s") == Settings(id="a")


def test_blackouts_are_read_in_their_own_zone_or_in_the_one_of_the_settings() -> None:
    text = b"""\
id: a
timezone: Europe/Berlin
clash_within: PT1H
blackouts:
  - {from: 2026-12-24T00:00, to: 2026-12-27T00:00, why: Christmas}
  - from: 2026-11-26T00:00
    to: 2026-11-27T00:00
    timezone: America/New_York
"""
    found = read_settings(text, "s")
    assert found.clash_within == timedelta(hours=1)
    assert found.blackouts == (
        Blackout(
            resolve("2026-12-24T00:00", "Europe/Berlin"),
            resolve("2026-12-27T00:00", "Europe/Berlin"),
            "Christmas",
        ),
        Blackout(
            resolve("2026-11-26T00:00", "America/New_York"),
            resolve("2026-11-27T00:00", "America/New_York"),
        ),
    )
    assert read_settings(b"id: a\n").clash_within == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("entry", "column", "says"),
    [
        ("from: 2026-12-24T00:00, to: 2026-12-24T00:00", 34, "ends before it begins, or at once"),
        ("from: 2026-12-24T00:00, to: 2026-12-23T00:00", 34, "first moment that is free again"),
        ("from: 2026-03-29T02:30, to: 2026-12-24T00:00", 12, "does not exist in Europe/Berlin"),
        ("from: 2026-10-01T00:00, to: 2026-10-25T02:30", 34, "happens twice in Europe/Berlin"),
        ("from: Christmas, to: 2026-12-24T00:00", 12, "is no date with a time"),
        ("from: 2026-12-24T00:00", 5, "lacks `to`"),
        ("from: 2026-12-24T00:00, to: 2026-12-25T00:00, til: x", 52, "Unknown key “til”"),
        ("from: 2026-12-24T00:00, to: 2026-12-25T00:00, timezone: Mars", 62, "no IANA time zone"),
    ],
)
def test_a_blackout_that_is_none_is_shown(entry: str, column: int, says: str) -> None:
    text = f"id: a\ntimezone: Europe/Berlin\nblackouts:\n  - {{{entry}}}\n"
    with pytest.raises(ContentError) as caught:
        read_settings(text.encode(), "s")
    first = caught.value.problems[0]
    assert (first.line, first.column) == (4, column)
    assert says in str(first)


def test_a_desk_without_people_and_profiles() -> None:
    found = read_desk(b"id: a\n", None, None)
    assert (found.people, found.profiles) == ({}, {})


def test_without_settings_the_way_out_is_named() -> None:
    (problem,) = problems_of(None, None, None)
    assert (problem.path, problem.line) == ("content/copydesk.yaml", 0)
    assert "copydesk init" in problem.hint


def test_all_three_files_are_judged_at_once() -> None:
    problems = problems_of(
        b"id: a\ntimezone: Mars\noverdue_grace: soon\nsame_content_within: 1d\n",
        b"people: 1\n",
        b"",
    )
    assert [(p.path.rpartition("/")[2], p.line, p.column) for p in problems] == [
        ("copydesk.yaml", 2, 11),
        ("copydesk.yaml", 3, 16),
        ("copydesk.yaml", 4, 22),
        ("people.yaml", 1, 9),
        ("profiles.yaml", 0, 0),
    ]


@pytest.mark.parametrize("secret", ["xoxb-123-verysecret", "hunter2", "ghp_verySecret1", "A B"])
def test_a_secret_is_refused_and_not_repeated(secret: str) -> None:
    text = f"profiles:\n  - {{id: a, platform: p, account: b, credentials: {secret}}}\n"
    with pytest.raises(ContentError) as caught:
        read_profiles(text.encode(), "p")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (2, 51)
    assert "NAME" in problem.message
    assert secret not in str(problem)


def test_a_token_beside_the_name_is_refused_and_not_repeated() -> None:
    text = b"profiles:\n  - {id: a, platform: p, account: b, token: hunter2}\n"
    with pytest.raises(ContentError, match="credentials: NAME") as caught:
        read_profiles(text, "p")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("second", "place", "says"),
    [
        ("id: ana, name: B", (3, 10), "`id` already: “ana”"),
        ("id: b, name: B, slack: U1", (3, 29), "`slack` already"),
        ("id: b, name: B, github: ANA", (3, 30), "`github` already"),
        ("id: b, name: B, email: A@x.de", (3, 29), "`email` already"),
    ],
)
def test_two_people_share_nothing(second: str, place: tuple[int, int], says: str) -> None:
    first = "id: ana, name: A, slack: U1, github: ana, email: a@x.de"
    with pytest.raises(ContentError) as caught:
        read_people(f"people:\n  - {{{first}}}\n  - {{{second}}}\n".encode(), "p")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == place
    assert says in problem.message
    assert "Line 2" in problem.message


def test_people_without_names_elsewhere_share_nothing() -> None:
    assert len(read_people(b"people: [{id: a, name: A}, {id: b, name: A}]\n", "p")) == 2


@pytest.mark.parametrize(
    ("second", "says"),
    [
        ("{id: a, platform: x, account: other}", ["`id` already: “a”"]),
        ("{id: b, platform: x, account: acme}", ["`account` already: “x:acme”"]),
        ("{id: a, platform: x, account: acme}", ["`id` already", "`account` already"]),
        ("{id: b, platform: y, account: acme}", []),
    ],
)
def test_two_profiles_are_two_accounts(second: str, says: list[str]) -> None:
    text = f"profiles:\n  - {{id: a, platform: x, account: acme}}\n  - {second}\n".encode()
    found: tuple[Problem, ...] = ()
    try:
        assert len(read_profiles(text, "p")) == 2
    except ContentError as error:
        found = error.problems
    assert len(found) == len(says)
    for problem, words in zip(found, says, strict=True):
        assert problem.line == 3
        assert words in problem.message


def test_a_good_epic_fits_the_desk() -> None:
    assert check_epic(read_epic(folder_of(GOOD)), desk(), folder_of(GOOD)) == ()


def test_unknown_names_are_found_where_they_stand() -> None:
    text = change("[sandbox-wire]", "[sandbox-wire, sandbox-wird]").replace(
        "owner: ana", "owner: anna"
    )
    owner, profile = check_epic(read_epic(folder_of(text)), desk(), folder_of(text))
    assert (owner.line, owner.column, owner.hint) == (4, 8, "Did you mean “ana”?")
    assert (profile.line, profile.column) == (23, 30)
    assert "“sandbox-wird”" in profile.message
    assert profile.hint == "Did you mean “sandbox-wire”?"


def test_a_nameless_epic_has_no_unknown_owner() -> None:
    folder = folder_of("title: x\n")
    assert check_epic(read_epic(folder), desk(), folder) == ()
    stranger = folder_of("title: x\nowner: zoe\n")
    (problem,) = check_epic(read_epic(stranger), desk(), stranger)
    assert "content/people.yaml" in problem.hint


def test_the_policy_for_approvals() -> None:
    text = b"""id: a
approvals:
  required: 2
  self: true
  time: true
  platforms:
    linkedin: {required: 3}
    sandbox: {required: 0.0}
"""
    policy = read_settings(text).approvals
    assert policy == ApprovalPolicy(
        required=2, by_self=True, time=True, platforms={"linkedin": 3, "sandbox": 0}
    )
    assert [policy.needed(name) for name in ("linkedin", "sandbox", "x")] == [3, 0, 2]
    assert read_settings(b"id: a\napprovals: {self: true}\n").approvals.required == 1


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("{}", False),
        ("{required: 0}", True),
        ("{required: 0, platforms: {x: {required: 0}}}", True),
        ("{required: 0, platforms: {x: {required: 1}}}", False),
        ("{platforms: {x: {required: 0}}}", False),
    ],
)
def test_approvals_are_off_only_when_nothing_needs_one(text: str, off: bool) -> None:
    assert read_settings(f"id: a\napprovals: {text}\n".encode()).approvals.off is off


@pytest.mark.parametrize(
    ("policy", "place"),
    [
        ("{required: -1}", (2, 23)),
        ("{required: two}", (2, 23)),
        ("{required: 1.5}", (2, 23)),
        ("{self: no}", (2, 19)),
        ("{need: 1}", (2, 13)),
        ("{platforms: {x: 2}}", (2, 28)),
        ("{platforms: {x: {}}}", (2, 25)),
        ("{platforms: {x: {required: 1, self: true}}}", (2, 42)),
    ],
)
def test_a_policy_that_is_none_is_refused_where_it_stands(
    policy: str, place: tuple[int, int]
) -> None:
    (problem,) = problems_of(f"id: a\napprovals: {policy}\n".encode(), None, None)
    assert (problem.line, problem.column) == place


@pytest.mark.parametrize("role", ["approver:linkedin", "author:x", "scheduler:my_blog-2", "admin"])
def test_a_role_may_name_its_platform(role: str) -> None:
    text = f"people: [{{id: a, name: A, roles: ['{role}']}}]\n".encode()
    assert read_people(text)["a"].roles == (role,)


@pytest.mark.parametrize("role", ["approver:", "admin:x", "approver: x", "approver:X", "a:b:c"])
def test_a_role_that_is_none_is_refused(role: str) -> None:
    text = f"people: [{{id: a, name: A, roles: ['{role}']}}]\n".encode()
    with pytest.raises(ContentError, match="approver:linkedin"):
        read_people(text)
