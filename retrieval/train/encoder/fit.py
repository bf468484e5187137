"""The fine-tuning itself: sentence-transformers' trainer, in-batch negatives, checkpoints.

Loss: each anchor's own text against the texts of all others in the batch (Henderson et al.
2017, arXiv 1705.00652), over the batches of all processes where torchrun started several.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor, nn

from retrieval.errors import CallerError
from retrieval.train.encoder.pairs import Pair, PairKind
from retrieval.train.processes import world
from retrieval.train.sequence.loss import product_type
from retrieval.types import Frozen, ProgressListener

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# The trainer writes this file of a checkpoint last: without it the checkpoint is cut short.
STATE = "trainer_state.json"
PREFIX = "checkpoint-"
# The encoder's own prompts by the part a text plays.
QUERY, PASSAGE = "query", "document"


class EncoderTraining(Frozen):
    """How an encoder is fine-tuned; the defaults are for any shop's log.

    Word vectors stay as they are unless `words`: a log knows few words, and the others would be
    left behind. `save_steps` steps go between two checkpoints.
    """

    epochs: int = Field(default=3, ge=1, le=100)
    batch: int = Field(default=32, ge=2, le=4096)
    learning_rate: float = Field(default=3e-5, gt=0, lt=1)
    warmup: float = Field(default=0.1, ge=0, le=1)
    scale: float = Field(default=20.0, gt=0)
    tokens: int = Field(default=48, ge=8, le=512)
    words: bool = False
    save_steps: int = Field(default=50, ge=1)
    seed: int = 0
    threads: int = Field(default=0, ge=0)


def fine_tune(
    base: Path,
    pairs: Sequence[Pair],
    settings: EncoderTraining,
    checkpoints: Path,
    listener: ProgressListener,
) -> dict[str, Tensor]:
    """The weights of the encoder in folder `base` after training, by their names in its file.

    A run that was killed goes on from its last whole checkpoint. Under torchrun every process
    returns the same. Raises CallerError where the trainer's packages are missing.
    """
    training = _trainer_classes()
    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    model = _load(base, settings)
    trainer = training["trainer"](
        model=model,
        args=_arguments(training["arguments"], settings, checkpoints),
        train_dataset=training["dataset"].from_dict(_columns(model, pairs)),
        loss=training["loss"](model, scale=settings.scale, gather_across_devices=world() > 1),
        callbacks=[_progress(listener)],
    )
    trainer.train(resume_from_checkpoint=last_checkpoint(checkpoints))
    # Left to itself the trainer wraps the model; these are its own parameters.
    transformer: nn.Module = model[0].model  # type: ignore[assignment]
    return {name: value.detach().cpu().clone() for name, value in transformer.state_dict().items()}


def _trainer_classes() -> dict[str, Any]:
    try:
        from datasets import Dataset, disable_progress_bars
        from sentence_transformers import (
            SentenceTransformerTrainer,
            SentenceTransformerTrainingArguments,
        )
        from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    except ImportError as error:
        raise CallerError(
            f"Training an encoder needs a package that is missing ({error.name}).",
            remedy="Run: pip install 'aisle[train]'",
        ) from None
    disable_progress_bars()
    return {
        "dataset": Dataset,
        "trainer": SentenceTransformerTrainer,
        "arguments": SentenceTransformerTrainingArguments,
        "loss": MultipleNegativesRankingLoss,
    }


def _load(base: Path, settings: EncoderTraining) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(base), device=None if torch.cuda.is_available() else "cpu")
    model.float()
    model.max_seq_length = settings.tokens
    # A checkpoint is for this trainer alone: nobody reads a card with examples.
    model.model_card_data.generate_widget_examples = False
    if not settings.words:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_("word_embeddings" not in name)
    return model


def _arguments(kind: Any, settings: EncoderTraining, checkpoints: Path) -> Any:
    gpu = torch.cuda.is_available()
    return kind(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=max(2, settings.batch // world()),
        learning_rate=settings.learning_rate,
        warmup_steps=settings.warmup,
        batch_sampler="no_duplicates",
        use_cpu=not gpu,
        # Four times as fast here; the weights that are trained stay float32.
        bf16=product_type(torch.device("cuda" if gpu else "cpu")) is torch.bfloat16,
        ddp_backend=("nccl" if gpu else "gloo") if world() > 1 else None,
        ddp_find_unused_parameters=world() > 1,  # the pooler is in the file, not in the loss
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=settings.seed,
        data_seed=settings.seed,
        dataloader_num_workers=0,
        dataloader_pin_memory=gpu,
    )


def _columns(model: SentenceTransformer, pairs: Sequence[Pair]) -> Mapping[str, list[str]]:
    """Texts with the encoder's own prompts, as serving puts them before."""
    prompts = model.prompts
    query, passage = prompts.get(QUERY) or "", prompts.get(PASSAGE) or ""
    before = {PairKind.CLICK: query, PairKind.VIEW: passage}
    return {
        "anchor": [before[pair.kind] + pair.anchor for pair in pairs],
        "positive": [passage + pair.positive for pair in pairs],
    }


def _progress(listener: ProgressListener) -> Any:
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            listener(state.global_step, state.max_steps, "training the encoder")

    return Progress()


def last_checkpoint(folder: Path) -> str | None:
    """The latest checkpoint that was written to its end."""
    whole = [path.parent for path in folder.glob(f"{PREFIX}*/{STATE}") if _reads(path)]
    latest = max(whole, key=lambda path: int(path.name.removeprefix(PREFIX)), default=None)
    return str(latest) if latest else None


def _reads(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_text("utf-8")))
    except ValueError:
        return False
