"""Whether a trained encoder may serve: measured beside the one that does, on the same questions."""

from __future__ import annotations

from pathlib import Path

from assistant.build import stored_encoders
from assistant.encoders import (
    EncoderRole,
    base_name,
    encoder_name,
    serving_names,
    trained_encoders,
)
from assistant.errors import CallerError
from assistant.settings import Settings
from retrieval.index.encoder import load_encoder
from retrieval.train.encoder.measures import EncoderMeasures, load_questions, measure_encoder
from retrieval.types import ProgressListener

MEASURE = "ndcg@10"
# General search, as judgments show it, may fall by this and counts as the same: chosen well below
# the standard error of a hundred queries (.03), which would let a real loss through.
GUARD_LOSS = 0.005
# What a version was measured on lies beside it.
HELD_OUT, GUARD = "held_out.json", "guard.json"


def serving_name(settings: Settings, role: EncoderRole) -> str:
    """The name of the encoder that serves the active store."""
    english, multilingual = serving_names(settings, lambda: stored_encoders(settings))
    return english if role is EncoderRole.ENGLISH else multilingual


def describe_in_use(
    settings: Settings, serving: str, asked: Path, listener: ProgressListener
) -> dict[str, object]:
    """The encoder that serves, measured on the same questions."""
    held_out, guard = measure_folder(settings, settings.models_path / serving, asked, listener)
    return {
        "name": serving,
        "held_out": held_out.model_dump(),
        "guard": guard.model_dump() if guard else None,
    }


def measure_folder(
    settings: Settings, folder: Path, asked: Path, listener: ProgressListener
) -> tuple[EncoderMeasures, EncoderMeasures | None]:
    """The encoder in `folder` on the questions that lie in `asked`: held-out period, guard."""
    encoder = load_encoder(
        str(folder.relative_to(settings.models_path)), settings.models_path, "onnx"
    )
    held_out = measure_encoder(encoder, load_questions(asked / HELD_OUT))
    guard = None
    if (asked / GUARD).is_file():
        guard = measure_encoder(
            encoder, load_questions(asked / GUARD), listener, f"guarding {folder.name}"
        )
    return held_out, guard


def check_promotion(
    settings: Settings,
    role: EncoderRole,
    wanted: str,
    listener: ProgressListener,
    *,
    loss: float = 0.0,
) -> str:
    """The name of a version that may serve: it is not worse than the encoder that does.

    Both are measured on what was held out from the version, and on its judgments. `loss` is how
    much worse it may be, for encoders that are smaller or faster. Raises CallerError.
    """
    models = trained_encoders(settings, role)
    models.manifest(wanted)
    folder, serving = models.root / wanted, serving_name(settings, role)
    name = encoder_name(models, wanted)
    if serving == name:
        return name
    ours = measure_folder(settings, folder, folder, listener)
    theirs = measure_folder(settings, settings.models_path / serving, folder, listener)
    _refuse_worse(wanted, serving, "the held-out period", ours[0], theirs[0], loss)
    if ours[1] and theirs[1]:
        _refuse_worse(wanted, serving, "the judgments", ours[1], theirs[1], loss + GUARD_LOSS)
    return name


def _refuse_worse(
    wanted: str,
    serving: str,
    where: str,
    ours: EncoderMeasures,
    theirs: EncoderMeasures,
    loss: float,
) -> None:
    if ours.ndcg < theirs.ndcg - loss:
        raise CallerError(
            f"{wanted} is worse on {where} than {serving}, which serves: {MEASURE} "
            f"{ours.ndcg:.4f} against {theirs.ndcg:.4f}.",
            remedy="Nothing was changed.",
        )


def name_before(settings: Settings, role: EncoderRole) -> str:
    """The encoder that served before the last promotion."""
    models = trained_encoders(settings, role)
    before = models.before()
    return encoder_name(models, before) if before else base_name(settings, role)
