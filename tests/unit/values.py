"""Hypothesis strategies for any domain value that the ledger may have to keep."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from publisher.domain import outcome as results
from publisher.domain.delivery import (
    Attempt,
    Claim,
    Delivery,
    DeliveryStatus,
    Doubt,
    Key,
    LivePart,
    LostCall,
    Mark,
    Record,
    Work,
)
from publisher.domain.media import MediaCause, MediaStatus, UnreadyMedia
from publisher.domain.outcome import ErrorKind, Fault, Published, Report

texts = st.sampled_from(
    ["", " ", "a", "Größe", "two\nlines", "key: value # no", "'\"", "null", "\u2028", "\x00", "🌷"]
)
names = st.sampled_from(["a", "spring-launch", "x-acme", "no", "7"])
times = st.integers(0, 4 * 10**15).map(
    lambda microseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)
counts = st.integers(0, 1000)
handles = st.dictionaries(texts, texts, max_size=2)
maybe = st.none()

keys = st.builds(Key, names, names, names)
marks = st.builds(Mark, texts, times, texts, texts)
faults = st.builds(Fault, st.sampled_from(ErrorKind), texts, texts, texts)
live_parts = st.builds(LivePart, texts, texts, times)
lost_calls = st.builds(LostCall, texts, texts, st.booleans())
claims = st.builds(
    Claim,
    seq=counts,
    work=st.sampled_from(Work),
    attempt=counts,
    due=times,
    lease_until=times,
    generation=texts,
    digest=texts,
    commit=texts,
    path=texts,
    owner=texts,
    parts=counts,
)
attempts = st.builds(
    Attempt,
    n=counts,
    part=counts,
    at=times,
    result=texts,
    called_at=maybe | times,
    fault=maybe | faults,
    retry_at=maybe | times,
)
doubts = st.builds(
    Doubt,
    first_called_at=times,
    last_called_at=times,
    calls=st.lists(lost_calls, min_size=1, max_size=2).map(tuple),
    commit=texts,
    path=texts,
    digest=texts,
    looks=counts,
    looked_at=maybe | times,
    look_after=maybe | times,
)
deliveries = st.builds(
    Delivery,
    key=keys,
    place=texts,
    status=st.sampled_from(DeliveryStatus),
    due=maybe | times,
    seq=counts,
    count=counts,
    attempts=st.lists(attempts, max_size=1).map(tuple),
    claim=maybe | claims,
    doubt=maybe | doubts,
    parts=st.lists(live_parts, max_size=2).map(tuple),
    handle=handles,
    half_ready=st.booleans(),
    accepted=st.booleans(),
    digest=texts,
    fingerprint=texts,
    held=maybe | marks,
    released=maybe | marks,
    cancelled=maybe | marks,
    removed=maybe | marks,
    notes=st.lists(marks, max_size=1).map(tuple),
)
unready_media = st.builds(
    UnreadyMedia,
    task=names,
    name=texts,
    status=st.sampled_from([MediaStatus.PENDING, MediaStatus.FAILED]),
    message=texts,
    at=times,
    cause=st.sampled_from(["", *(cause.value for cause in MediaCause)]),
)
records = st.builds(
    lambda epic, path, title, of, dead, media: replace(
        Record(epic=epic, path=path, title=title).put(*of).without(dead), media=tuple(media)
    ),
    names,
    texts,
    texts,
    st.lists(deliveries, max_size=2),
    st.lists(texts, max_size=2),
    st.lists(unready_media, max_size=2),
)
durations = st.integers(0, 10**6).map(lambda s: timedelta(seconds=s))
founds = st.builds(Published, texts, texts)
answers = st.one_of(
    founds,
    st.builds(results.Accepted, handles, durations),
    st.builds(results.Retry, faults, maybe | durations, handles),
    st.builds(results.GiveUp, faults),
    st.builds(results.Unknown, faults),
    st.builds(results.NotBegun, texts),
    st.builds(results.Prepared, handles),
    st.builds(results.Located, maybe | founds, st.lists(founds, max_size=2).map(tuple)),
    st.just(results.Removed()),
)
reports = st.builds(
    Report,
    claim=texts,
    part=counts,
    result=answers,
    at=times,
    called_at=maybe | times,
    caller=texts,
    handle=handles,
)
