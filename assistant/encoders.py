"""Which encoders a store is served with: the settings', or ones trained for it.

The index says so, for its vectors are of one encoder; a promotion takes effect in the very step
in which a new index takes the former one's place. Without an index the promoted version counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from assistant.settings import Settings
from retrieval.errors import CallerError
from retrieval.train.registry import TrainedModels

# Trained encoders are named by their folder below the models.
FOLDER = "trained"
Stored = Callable[[], Mapping[str, str]]


class EncoderRole(StrEnum):
    """Which of a store's two encoders."""

    ENGLISH = "english"
    MULTILINGUAL = "multilingual"

    @property
    def kind(self) -> str:
        """The kind of model, as commands name it."""
        return f"encoder-{self.value}"


def read_role(kind: str) -> EncoderRole | None:
    """The role of an encoder's kind; None for another kind of model."""
    return next((role for role in EncoderRole if role.kind == kind), None)


def trained_encoders(settings: Settings, role: EncoderRole) -> TrainedModels:
    """The encoders of a role that were trained for the active store."""
    return TrainedModels(settings.models_path, f"{role.kind}.{settings.store}")


def encoder_name(models: TrainedModels, version: str) -> str:
    """The name under which a version is loaded, and stored in an index."""
    return f"{FOLDER}/{models.kind}/{version}"


def base_name(settings: Settings, role: EncoderRole) -> str:
    """The encoder that the settings name."""
    names = {
        EncoderRole.ENGLISH: settings.encoder_english,
        EncoderRole.MULTILINGUAL: settings.encoder_multilingual,
    }
    return names[role]


def serving_names(settings: Settings, stored: Stored) -> tuple[str, str]:
    """The names of the English and the multilingual encoder that serve the active store.

    `stored` gives those the index was written with, by role (empty: there is no index). One
    that was trained from another encoder than the settings name does not count.
    """
    roles = (EncoderRole.ENGLISH, EncoderRole.MULTILINGUAL)
    if not any(trained_encoders(settings, role).root.is_dir() for role in roles):
        return settings.encoder_english, settings.encoder_multilingual
    names = stored()
    english, multilingual = (_serving(settings, role, names) for role in roles)
    return english, multilingual


def _serving(settings: Settings, role: EncoderRole, stored: Mapping[str, str]) -> str:
    base, models = base_name(settings, role), trained_encoders(settings, role)
    promoted = models.promoted()
    name = stored.get(role.value) or (encoder_name(models, promoted) if promoted else base)
    if not name.startswith(f"{FOLDER}/{models.kind}/"):
        return base
    try:
        manifest = models.manifest(name.rpartition("/")[2])
    except CallerError:
        raise CallerError(
            f"The store's index is of the encoder {name}, which is gone.",
            remedy=f"Run: aisle reindex --encoder-{role.value} {base}",
        ) from None
    return name if manifest.settings.get("base") == base else base
