"""The part of the composition root that is about media."""

from collections.abc import Callable
from functools import cached_property

from publisher.adapters.clock import boot_clock, utc_now
from publisher.adapters.contents import GitContents
from publisher.adapters.git_store import GitStore
from publisher.adapters.media_ahead import FitAhead
from publisher.adapters.media_desk import GitMedia
from publisher.adapters.media_fetch import HttpMediaFetcher
from publisher.adapters.media_fit import Fitter
from publisher.adapters.media_links import MediaLinks
from publisher.adapters.media_s3 import s3_store
from publisher.adapters.media_store import FolderStore
from publisher.adapters.probe_cache import ProbeCache
from publisher.config import Config
from publisher.domain.epic import Profile
from publisher.domain.errors import ConfigError
from publisher.domain.limits import Limits
from publisher.ports import MediaStore
from publisher.usecases.pin_media import PinMedia

_A_ROUND_LOOKS_FOR = 2.0
_SHORTEST_SECRET = 16


class MediaParts:
    """What looks at, fetches, keeps and fits media; each part is made when first needed."""

    def __init__(
        self, config: Config, store: GitStore, limits: Callable[[Profile], Limits]
    ) -> None:
        self._config, self._store, self._limits = config, store, limits

    @cached_property
    def desk(self) -> GitMedia:
        """For rounds, which may look at new files for a while only."""
        ahead = FitAhead(self._fitter, self.kept, self._probes)
        return GitMedia(self._store, self._probes, boot_clock, _A_ROUND_LOOKS_FOR, ahead)

    @cached_property
    def contents(self) -> GitContents:
        """For carriers, which look at media for as long as it takes."""
        return GitContents(
            self._store,
            GitMedia(self._store, self._probes, boot_clock),
            self.kept,
            self._fitter,
            self._folder,
            self._limits,
            self._link if self._config.public_url else None,
        )

    @cached_property
    def links(self) -> MediaLinks:
        """Raise ConfigError when nothing of ours can be reached from outside."""
        config = self._config
        if not config.public_url or len(config.media_secret) < _SHORTEST_SECRET:
            raise ConfigError(
                "Media links need COPYDESK_PUBLIC_URL, where `copydesk media-server` can be reached"
                f", and COPYDESK_MEDIA_SECRET of at least {_SHORTEST_SECRET} characters."
            )
        return MediaLinks(config.public_url, config.media_secret.encode())

    def _link(self, sha256: str, content_type: str) -> str:
        return self.links.url(sha256, content_type, utc_now())

    @cached_property
    def kept(self) -> MediaStore:
        """The store that every machine of this installation shares."""
        config = self._config
        if config.media.startswith("s3://"):
            return s3_store(config.media, self._folder, config.media_endpoint)
        return self._folder

    @cached_property
    def pin(self) -> PinMedia:
        private = self._config.media_from_private
        return PinMedia(HttpMediaFetcher(self.kept, self._folder, private=private))

    @cached_property
    def _fitter(self) -> Fitter:
        return Fitter(self._folder)

    @cached_property
    def _folder(self) -> FolderStore:
        return FolderStore(self._config.media_folder)

    @cached_property
    def _probes(self) -> ProbeCache:
        return ProbeCache(self._config.state / "media.sqlite")
