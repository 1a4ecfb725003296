"""Our mutations, held against GitHub's own GraphQL schema."""

import pytest
from graphql import build_schema, parse, validate

from publisher.adapters.github_forge import DRAFT, READY
from publisher.adapters.github_merge import ENQUEUE

pytestmark = pytest.mark.peers


def test_our_mutations_are_as_github_describes_them(graphql_schema: str) -> None:
    schema = build_schema(graphql_schema, assume_valid=True)
    for mutation in (READY, DRAFT, ENQUEUE):
        assert validate(schema, parse(mutation)) == []
    wrong = ENQUEUE.replace("expectedHeadOid", "headOid")
    assert validate(schema, parse(wrong)) != []
