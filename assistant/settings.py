"""Every setting of Aisle, read from ``AISLE_*`` variables, validated once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import SettingsError
from assistant.store.tokens import SHORTEST_SECRET
from retrieval.index.tuning import IndexTuning, Quantization
from retrieval.pictures import PictureLimits
from retrieval.profile.types import ConsentMode
from retrieval.recommend.clicks import ClickSettings

# A password that is typed by people and guards customers' conversations.
SHORTEST_DESK_PASSWORD = 8

# Lists under way while servers are waited for.
LISTS_WAITING = 8


class Settings(BaseSettings):
    """Settings of one process; `load_settings` turns bad values into one clear line."""

    model_config = SettingsConfigDict(env_prefix="AISLE_", extra="forbid", frozen=True)

    # state
    home: Path = Field(default_factory=lambda: user_data_path("aisle"))
    store: str = Field(default="demo", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    database_url: str = ""

    # learning from behaviour (docs/privacy.md says what each mode logs)
    consent: ConsentMode = ConsentMode.ASK
    events_url: str = ""
    personal: bool = True
    # a promoted click model: how far it may move products, and learning while serving
    click_influence: float = Field(default=0.15, ge=0, le=1)
    online_learning: bool = True
    online_window_s: float = Field(default=1800, ge=1, le=86_400)
    online_every_s: float = Field(default=30, ge=0.1, le=3600)
    explore: float = Field(default=0.05, ge=0, le=0.5)
    held_out: float = Field(default=0.05, ge=0, le=0.5)
    # experiments.yaml; empty: the file of that name in AISLE_HOME, where there is one
    experiments: str = ""

    # sponsored campaigns (docs/ads.md); ads_slots is the most of one list
    ads: bool = True
    ads_slots: int = Field(default=2, ge=1, le=10)
    ads_reserve: Decimal = Field(default=Decimal("0.05"), ge=0, allow_inf_nan=False)
    ads_floor: float = Field(default=0.5, ge=0, le=1, allow_inf_nan=False)
    ads_daily_cap: int = Field(default=5, ge=1, le=1000)

    # faces
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    # who may change the catalogue over HTTP; without it only commands of this machine may
    admin_token: SecretStr | None = Field(default=None, min_length=16)
    feed_limit_mb: int = Field(default=2048, ge=1)

    # language model: a URL, or an engine of our own
    llm: Literal["auto", "off"] = "auto"
    llm_url: str = ""
    llm_api_key: SecretStr = SecretStr("none")
    llm_model: str = ""
    llm_timeout_s: float = Field(default=60, gt=0)
    engine_port: int = Field(default=0, ge=0, le=65535)
    engine_device: Literal["auto", "cpu", "gpu"] = "auto"
    engine_gpu_model: str = "Qwen/Qwen3-8B"
    engine_cpu_model: str = "qwen2.5-coder-1.5b-int8"
    engine_context: int = Field(default=4096, ge=1024)
    engine_streams: int = Field(default=8, ge=1)
    engine_kv_gib: int = Field(default=2, ge=1)
    engine_arguments: tuple[str, ...] = ()

    # vector store: in-process unless a URL is set
    qdrant_url: str = ""
    qdrant_api_key: SecretStr | None = None
    qdrant_shards: int = Field(default=1, ge=1, le=1024)
    qdrant_replicas: int = Field(default=1, ge=1, le=16)

    # how the index trades memory for time (retrieval/index/tuning.py says what each means)
    index_hnsw_m: int = Field(default=16, ge=4, le=128)
    index_hnsw_ef_construct: int = Field(default=100, ge=4, le=2000)
    index_hnsw_ef: int = Field(default=0, ge=0, le=10_000)
    index_exact_up_to_kb: int = Field(default=200_000, ge=1000)
    index_quantization: Quantization = Quantization.NONE
    index_oversampling: float = Field(default=0, ge=0, le=20, allow_inf_nan=False)
    index_rescore: bool = True
    index_on_disk: bool = False

    # encoders: names of packaged models, or of published ones where a hub is reachable
    encoder_english: str = "all-minilm-l6-v2"
    encoder_multilingual: str = "multilingual-e5-small"
    encoder_runtime: Literal["auto", "torch", "onnx"] = "auto"
    encoder_threads: int = Field(default=0, ge=0)

    # the shop's own system: carts, orders, returns (docs/store-backend.md); signing in
    store_backend_url: str = ""
    store_backend_key: SecretStr | None = None
    store_backend_timeout_s: float = Field(default=5, gt=0)
    secret: SecretStr = SecretStr("")
    # the agents' desk at /desk; off without a password
    desk_password: SecretStr = SecretStr("")

    # memory for answers to searches until something is written to the index; 0: none. 64 MB hold
    # some 500 pages of ten products
    search_cache_mb: int = Field(default=64, ge=0, le=65_536)

    # lists of recommendations made at the same time; 0: one where index and database are in this
    # process (Python runs one anyway, and two make each other wait), eight where it waits for them
    lists_at_once: int = Field(default=0, ge=0, le=64)

    # pictures of products and photos of shoppers; without an encoder there are none
    image_encoder: Literal["efficientnet-lite0", ""] = "efficientnet-lite0"
    image_limit_mb: int = Field(default=8, ge=1, le=100)
    image_limit_megapixels: int = Field(default=50, ge=1, le=500)
    image_download: bool = False
    image_download_timeout_s: float = Field(default=10, gt=0, allow_inf_nan=False)

    # a turn
    cards: int = Field(default=6, ge=1, le=50)
    message_limit: int = Field(default=2000, ge=100)
    learned_keywords: bool = False
    understand_timeout_s: float = Field(default=12, gt=0)
    answer_timeout_s: float = Field(default=30, gt=0)
    exchange_rates: dict[str, Decimal] = Field(default_factory=dict)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="after")
    def refuse_contradictions(self) -> Self:
        """A setting that another one makes meaningless is a mistake, not a preference."""
        if self.llm_url and self.llm == "off":
            raise ValueError("AISLE_LLM=off and AISLE_LLM_URL contradict each other: unset one")
        if self.llm_url and not self.llm_url.startswith(("http://", "https://")):
            raise ValueError("AISLE_LLM_URL must start with http:// or https://")
        if self.llm_url and not self.llm_model:
            raise ValueError("AISLE_LLM_URL needs AISLE_LLM_MODEL, the name the server knows")
        if self.qdrant_api_key and not self.qdrant_url:
            raise ValueError("AISLE_QDRANT_API_KEY without AISLE_QDRANT_URL has no effect")
        if self.events_url and not self.events_url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("AISLE_EVENTS_URL must start with redis:// or rediss://")
        self._check_store()
        if self.image_download and not self.image_encoder:
            raise ValueError("AISLE_IMAGE_DOWNLOAD without AISLE_IMAGE_ENCODER has no effect")
        self._check_index()
        return self

    @property
    def list_threads(self) -> int:
        """Threads that make lists of recommendations."""
        apart = bool(self.qdrant_url) or not self.sql_url.startswith("sqlite")
        return self.lists_at_once or (LISTS_WAITING if apart else 1)

    @property
    def click_settings(self) -> ClickSettings:
        """The settings of the click model as it takes them."""
        return ClickSettings(
            influence=self.click_influence,
            explore=self.explore if self.online_learning else 0.0,
            held_out=self.held_out,
        )

    def _check_store(self) -> None:
        url, secret = self.store_backend_url, self.secret.get_secret_value()
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("AISLE_STORE_BACKEND_URL must start with http:// or https://")
        if self.store_backend_key and not url:
            raise ValueError(
                "AISLE_STORE_BACKEND_KEY without AISLE_STORE_BACKEND_URL has no effect"
            )
        desk = self.desk_password.get_secret_value()
        if desk and len(desk) < SHORTEST_DESK_PASSWORD:
            raise ValueError(
                f"AISLE_DESK_PASSWORD must have at least {SHORTEST_DESK_PASSWORD} characters: "
                "whoever has it reads every conversation handed over"
            )
        if secret and len(secret) < SHORTEST_SECRET:
            raise ValueError(
                f"AISLE_SECRET must have at least {SHORTEST_SECRET} characters: it signs who a "
                "shopper is"
            )

    def _check_index(self) -> None:
        if not self.qdrant_url and (self.qdrant_shards > 1 or self.qdrant_replicas > 1):
            raise ValueError(
                "AISLE_QDRANT_SHARDS and AISLE_QDRANT_REPLICAS need a cluster: set AISLE_QDRANT_URL"
            )
        if self.index_hnsw_ef_construct < self.index_hnsw_m:
            raise ValueError(
                "AISLE_INDEX_HNSW_EF_CONSTRUCT must not be below AISLE_INDEX_HNSW_M: "
                "a node cannot have more neighbours than candidates"
            )
        if 0 < self.index_oversampling < 1:
            raise ValueError("AISLE_INDEX_OVERSAMPLING must be 0 (by kind) or at least 1")
        if self.index_quantization is Quantization.NONE:
            if self.index_oversampling > 1:
                raise ValueError(
                    "AISLE_INDEX_OVERSAMPLING without AISLE_INDEX_QUANTIZATION has no effect"
                )
            if not self.index_rescore:
                raise ValueError(
                    "AISLE_INDEX_RESCORE=false without AISLE_INDEX_QUANTIZATION has no effect"
                )
        elif self.index_oversampling > 1 and not self.index_rescore:
            raise ValueError(
                "AISLE_INDEX_OVERSAMPLING takes more candidates to compare again, "
                "AISLE_INDEX_RESCORE=false never compares them: unset one"
            )

    @property
    def index_tuning(self) -> IndexTuning:
        """The settings of the index as its adapters take them."""
        return IndexTuning(
            hnsw_m=self.index_hnsw_m,
            hnsw_ef_construct=self.index_hnsw_ef_construct,
            hnsw_ef=self.index_hnsw_ef,
            exact_up_to_kb=self.index_exact_up_to_kb,
            quantization=self.index_quantization,
            oversampling=self.index_oversampling,
            rescore=self.index_rescore,
            on_disk=self.index_on_disk,
            shards=self.qdrant_shards,
            replicas=self.qdrant_replicas,
        )

    @property
    def picture_limits(self) -> PictureLimits:
        """The most bytes and pixels of a picture that is read."""
        return PictureLimits(self.image_limit_mb, self.image_limit_megapixels)

    @property
    def store_path(self) -> Path:
        """Folder of the active store: index, vocabulary, media, report."""
        return self.home / "stores" / self.store

    @property
    def models_path(self) -> Path:
        """Folder of the built model weights."""
        return self.home / "models"

    @property
    def experiments_path(self) -> Path:
        """The file of experiments (docs/experiments.md); nothing runs where there is none."""
        return Path(self.experiments) if self.experiments else self.home / "experiments.yaml"

    @property
    def engine_path(self) -> Path:
        """Folder of the engine's own environment and run files."""
        return self.home / "engine"

    @property
    def logs_path(self) -> Path:
        """Folder of the logs."""
        return self.home / "logs"

    @property
    def secret_path(self) -> Path:
        """File of the signing secret made here when AISLE_SECRET is not set."""
        return self.home / "secret"

    @property
    def sql_url(self) -> str:
        """SQLAlchemy URL of the database of people and conversations."""
        return self.database_url or f"sqlite:///{self.home / 'aisle.db'}"


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment and `overrides`; raises SettingsError with one line."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = "AISLE_" + "_".join(str(part) for part in first["loc"]).upper()
        message = first["msg"].removeprefix("Value error, ")
        raise SettingsError(message if not first["loc"] else f"{name}: {message}.") from None


def without_llm(settings: Settings) -> Settings:
    """The same settings for a command that never talks."""
    return settings.model_copy(update={"llm": "off", "llm_url": ""})
