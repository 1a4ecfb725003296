"""The forge against two emulators of GitHub that others wrote, each where it is right.

emulate has no GraphQL and no statuses, merges diverged branches wrongly and lets heads stand still;
myworld cannot edit comments; neither answers a stale `sha` as GitHub does. What they lack is tested
against our own server (tests/contract/forge).
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp import web

from publisher.adapters.github_forge import DRAFT, READY
from publisher.domain.errors import Conflict, NotFound, Refused
from publisher.entrypoints.forge_hooks import ForgeHooks
from publisher.ports import PullState, Signature, Verdict
from tests.peers.github.conftest import SPRING, Emulator

pytestmark = pytest.mark.peers
ANA = Signature("Ana Silva", "ana@example.com")
EPIC = "content/epics/2026/spring/epic.yaml"


@pytest.fixture(params=["emulate", "myworld"])
def emulator(request: pytest.FixtureRequest) -> Emulator:
    """Each of them, with a branch that nobody opened a pull request for."""
    found: Emulator = request.getfixturevalue(request.param)
    if request.param == "emulate":
        found.branch(SPRING, EPIC)
    return found


def test_a_pull_request_lives_from_opening_to_closing(emulator: Emulator) -> None:
    forge = emulator.forge()
    assert forge.pulls() == []
    pull = forge.open(SPRING, "Spring", "Why.", ANA, draft=False)
    assert (pull.branch, pull.title, pull.body, pull.fork) == (SPRING, "Spring", "Why.", False)
    assert forge.pull_of(SPRING) == pull
    forge.describe(pull.number, "Summer", "Later.")
    assert forge.pull(pull.number).title == "Summer"
    forge.close(pull.number)
    assert forge.pulls() == []
    assert forge.pull(pull.number).state is PullState.CLOSED


def test_a_merge_is_found_on_main_and_asked_for_once(emulator: Emulator) -> None:
    forge = emulator.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    with pytest.raises(Conflict, match="moved"):
        forge.merge(pull.number, "0" * 40, "Merge spring\n", ANA)
    merged = forge.merge(pull.number, pull.head, "Merge spring\n\nEpic: spring\n", ANA)
    assert emulator.ask("GET", "/git/ref/heads/main")["object"]["sha"] == merged
    assert forge.merge(pull.number, pull.head, "Merge spring\n", ANA) == merged
    assert forge.pull(pull.number).merged_as == merged
    assert forge.pulls() == []


def test_reviews_name_their_author_and_commit(emulator: Emulator) -> None:
    forge = emulator.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    body = {"event": "APPROVE", "body": "Fine."}
    emulator.ask("POST", f"/pulls/{pull.number}/reviews", body, "ben-okoro")
    (review,) = forge.reviews(pull.number)
    assert (review.author, review.verdict, review.commit, review.body) == (
        "ben-okoro",
        Verdict.APPROVED,
        pull.head,
        "Fine.",
    )


def test_labels_of_people_stay(emulator: Emulator) -> None:
    forge = emulator.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    emulator.ask("POST", f"/issues/{pull.number}/labels", {"labels": ["urgent"]})
    forge.set_labels(pull.number, ["copydesk: review"])
    forge.set_labels(pull.number, ["copydesk: scheduled"])
    found = emulator.ask("GET", f"/pulls/{pull.number}")["labels"]
    assert {label["name"] for label in found} == {"urgent", "copydesk: scheduled"}


def test_what_is_not_there_is_not_found(emulator: Emulator) -> None:
    forge = emulator.forge()
    with pytest.raises(NotFound, match="4711"):
        forge.pull(4711)
    emulator.repository = "acme/nowhere"
    with pytest.raises(NotFound, match="acme/nowhere"):
        emulator.forge().pulls()


# Where only one of them is right.


def test_a_head_that_moved_is_not_merged(myworld: Emulator) -> None:
    forge = myworld.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    myworld.write(SPRING, "content/epics/2026/spring/more.txt", "More\n")
    with pytest.raises(Conflict, match="moved"):
        forge.merge(pull.number, pull.head, "Merge spring\n", ANA)
    newer = forge.pull(pull.number).head
    assert newer != pull.head
    forge.merge(pull.number, newer, "Merge spring\n", ANA)


def test_a_comment_is_updated_in_place(emulate: Emulator) -> None:
    emulate.branch(SPRING, EPIC)
    forge = emulate.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    forge.say(pull.number, "state", "Waits for 2 approvals.")
    forge.comment(pull.number, "Looks good.", ANA)
    forge.say(pull.number, "state", "Waits for 1 approval.")
    told = [each["body"] for each in emulate.ask("GET", f"/issues/{pull.number}/comments")]
    assert told == [
        "<!-- copydesk:state -->\nWaits for 1 approval.",
        "**Ana Silva:** Looks good.",
    ]


def test_the_commit_status_is_set_and_changed(myworld: Emulator) -> None:
    forge = myworld.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    seen = []
    for ok, text in ((False, "1 of 2 approved"), (True, "2 of 2 approved")):
        forge.set_status(pull.head, ok=ok, text=text)
        (status,) = myworld.ask("GET", f"/commits/{pull.head}/status")["statuses"]
        seen.append((status["context"], status["state"], status["description"]))
    assert seen == [
        ("copydesk/approvals", "pending", "1 of 2 approved"),
        ("copydesk/approvals", "success", "2 of 2 approved"),
    ]


def test_draft_and_ready_are_understood_by_its_graphql(myworld: Emulator) -> None:
    """With the id that its GraphQL gives; its REST gives another, unlike GitHub."""
    forge = myworld.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=True)
    with pytest.raises(Refused, match="draft"):
        forge.merge(pull.number, pull.head, "Merge\n", ANA)
    query = """
    query($owner: String!, $name: String!) {
      repository(owner: $owner, name: $name) { pullRequest(number: 1) { id } }
    }
    """
    names = {"owner": "acme", "name": "site"}
    found = forge._client.graphql(query, "look", names)["repository"]["pullRequest"]["id"]
    drafts = []
    for mutation in (READY, DRAFT, READY):
        forge._client.graphql(mutation, "change it", {"pull": found})
        drafts.append(forge.pull(pull.number).draft)
    assert drafts == [False, True, False]


def test_a_second_pull_request_and_an_unknown_branch_are_refused(myworld: Emulator) -> None:
    forge = myworld.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    assert forge.open(SPRING, "Again", "", ANA, draft=False).number == pull.number
    with pytest.raises(Refused, match=r"epic/nowhere.*head is invalid"):
        forge.open("epic/nowhere", "Nothing", "", ANA, draft=False)


def test_diverged_branches_are_merged_and_contradictions_are_not(myworld: Emulator) -> None:
    forge = myworld.forge()
    pull = forge.open(SPRING, "Spring", "", ANA, draft=False)
    myworld.write("main", "content/other.txt", "theirs\n")
    merged = forge.merge(pull.number, pull.head, "Merge\n", ANA)
    for path in (EPIC, "content/other.txt"):
        assert myworld.ask("GET", f"/contents/{path}?ref={merged}")["type"] == "file"
    myworld.branch("epic/late", "late.txt", "ours\n")
    late = forge.open("epic/late", "Late", "", ANA, draft=False)
    myworld.write("main", "late.txt", "theirs\n")
    with pytest.raises(Conflict, match="Nothing was merged"):
        forge.merge(late.number, late.head, "Merge\n", ANA)


def test_a_bad_token_is_refused_with_what_to_do(myworld: Emulator) -> None:
    with pytest.raises(Refused, match="Renew GITHUB_TOKEN"):
        myworld.forge("ghp_nobody").pulls()


@contextmanager
def listening(hooks: ForgeHooks) -> Iterator[str]:
    """Serve webhooks in a thread."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    urls = []

    async def main() -> None:
        runner = web.AppRunner(hooks.application())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}/github")
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(main(),))
    thread.start()
    ready.wait()
    yield urls[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.mark.parametrize("secret", ["right", "wrong"])
def test_a_signed_delivery_wakes_and_a_wrongly_signed_one_does_not(
    emulate: Emulator, secret: str
) -> None:
    woken = threading.Event()
    emulate.branch(SPRING, EPIC)
    with listening(ForgeHooks("right", woken.set)) as url:
        config = {"url": url, "content_type": "json", "secret": secret}
        emulate.ask("POST", "/hooks", {"config": config, "events": ["pull_request"]})
        emulate.forge().open(SPRING, "Spring", "", ANA, draft=False)
        assert woken.wait(5 if secret == "right" else 0.5) is (secret == "right")
