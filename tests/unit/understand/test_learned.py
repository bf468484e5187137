from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from assistant.types import Act, Conversation, Product, Understanding
from assistant.understand.learned.features import cut_at_fillers, cut_dialogue, turn_features
from assistant.understand.learned.linear import LinearModel, choose_by_expected_f1
from assistant.understand.learned.models import (
    FOLDER,
    REWRITE_FILE,
    load_dialogue_model,
    load_rewrite_model,
)
from assistant.understand.learned.quick import KeywordReader, to_dialogue
from assistant.understand.learned.scores import best_f1, best_reference, token_f1
from assistant.understand.learned.tokens import tokenize, words
from assistant.understand.learned.train import split_folds
from assistant.understand.learned.types import DialogueReading, Speaker, Utterance
from assistant.understand.quick import RuleReader
from retrieval.errors import CallerError, TerminalError
from retrieval.types import Language

EN, ZH = Language.ENGLISH, Language.CHINESE


def dialogue(*texts: str) -> tuple[Utterance, ...]:
    """Shopper and assistant in turn, the shopper last."""
    speakers = [Speaker.USER if n % 2 == 0 else Speaker.SYSTEM for n in range(len(texts))]
    return tuple(Utterance(speaker=s, text=t) for s, t in zip(speakers, texts, strict=True))


class TestTokens:
    def test_english_words_keep_their_place(self) -> None:
        text = "A T-shirt, size 42!"
        tokens = tokenize(text, EN)
        assert [t.text for t in tokens] == ["a", "t", "shirt", "size", "42"]
        assert [text[t.start : t.end] for t in tokens] == ["A", "T", "shirt", "size", "42"]

    def test_chinese_words_keep_their_place_without_punctuation(self) -> None:
        text = "我想要白色的耳机，Sony！"
        assert "耳机" in words(text, ZH)
        assert "sony" in words(text, ZH)
        assert all(text[t.start : t.end].lower() == t.text for t in tokenize(text, ZH))
        assert "，" not in "".join(words(text, ZH))

    def test_letters_that_grow_in_lower_case_move_nothing(self) -> None:
        text = "İİ 耳机"
        assert [text[t.start : t.end] for t in tokenize(text, ZH)][-1] == "耳机"

    def test_a_word_ends_where_a_filler_does(self) -> None:
        assert [t.text for t in cut_at_fillers("请问有刀吗", ZH)][-2:] == ["刀", "吗"]


class TestScores:
    def test_repeats_count(self) -> None:
        assert token_f1(["red", "red", "mug"], ["red", "mug"]) == pytest.approx(0.8)

    def test_nothing_in_common(self) -> None:
        assert token_f1(["mug"], ["cup"]) == 0
        assert token_f1([], ["cup"]) == 0

    def test_the_nearest_query_counts(self) -> None:
        assert best_f1("red mug", ["blue cup", "Red mug!"], EN) == 1

    def test_the_reference_is_the_one_that_extraction_comes_nearest_to(self) -> None:
        said = ["i", "want", "a", "red", "mug", "with", "a", "lid"]
        assert best_reference(said, ["cup", "mug red lid"], EN) == ["mug", "red", "lid"]


class TestLinear:
    def test_weights_of_present_features_add_up(self) -> None:
        model = LinearModel(weights={"a": {"": -1.0, "x": 3.0}, "b": {"y": 0.5}})
        assert model.best(["x"]) == "a"
        assert model.best(["y"]) == "b"
        assert model.probabilities(["unknown"])["a"] == pytest.approx(0.2689, abs=1e-4)

    def test_the_chosen_subset_has_the_highest_expected_f1(self) -> None:
        assert choose_by_expected_f1([0.1, 0.95, 0.9, 0.05]) == [1, 2]

    def test_something_is_always_chosen(self) -> None:
        assert choose_by_expected_f1([0.01, 0.02]) != []
        assert choose_by_expected_f1([]) == []


class TestFolds:
    def test_a_group_is_never_divided_and_everything_is_left_out_once(self) -> None:
        items = list(range(20))
        groups = [n // 4 for n in items]
        left_out = []
        for inside, outside in split_folds(items, groups, 5):
            assert not {groups[n] for n in inside} & {groups[n] for n in outside}
            left_out += outside
        assert sorted(left_out) == items

    def test_more_folds_than_groups(self) -> None:
        with pytest.raises(CallerError, match="take 2 to 1"):
            list(split_folds([1, 2], ["a", "a"], 2))


class TestFeatures:
    def test_what_is_answered_is_seen_and_what_comes_later_is_not(self) -> None:
        spoken = cut_dialogue(dialogue("a kettle", "Which brand?", "any"), EN)
        features = turn_features(spoken)
        assert "s:brand" in features
        assert "pu:kettle" in features
        assert "s:brand" not in turn_features(spoken[:1])


class TestShippedModels:
    """What ships must read sentences that nobody labelled, in words of their own."""

    @pytest.fixture(scope="class")
    def models(self, tmp_path_factory: pytest.TempPathFactory) -> dict[Language, object]:
        nowhere = tmp_path_factory.mktemp("models")
        return {language: load_dialogue_model(language, nowhere) for language in Language}

    @pytest.mark.parametrize(
        ("language", "texts", "intent", "keywords"),
        [
            (EN, ["Hello!"], "Chitchat", None),
            (EN, ["Do you sell garden gnomes?"], "Reveal", "garden gnomes"),
            (
                EN,
                ["Do you sell garden gnomes?", "How about this?", "No, show me another one."],
                "Interpret",
                "garden gnomes",
            ),
            (ZH, ["你好"], "Chitchat", None),
            (ZH, ["请问有望远镜吗？"], "Reveal", "望远镜"),
            (ZH, ["请问有望远镜吗？", "这款怎么样？", "不喜欢这个，换一个"], "Interpret", "望远镜"),
        ],
    )
    def test_plain_dialogues(
        self,
        models: dict[Language, object],
        language: Language,
        texts: list[str],
        intent: str,
        keywords: str | None,
    ) -> None:
        reading = models[language].read(dialogue(*texts))  # type: ignore[attr-defined]
        assert reading.intent == intent
        if keywords:
            assert " ".join(reading.keywords) == keywords

    def test_neighbours_make_a_phrase(self, models: dict[Language, object]) -> None:
        reading = models[EN].read(dialogue("I want to buy a wooden chess set"))  # type: ignore[attr-defined]
        assert "chess set" in " ".join(reading.keywords)

    @pytest.mark.parametrize("text", ["", "?!", "…", "123"])
    def test_a_message_without_words(self, models: dict[Language, object], text: str) -> None:
        for model in models.values():
            assert model.read(dialogue(text)).intent  # type: ignore[attr-defined]

    def test_instructions(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        rewriter = load_rewrite_model(tmp_path)
        query = rewriter.rewrite("i am looking for a waterproof picnic blanket, please")
        assert query == "waterproof picnic blanket"
        assert rewriter.rewrite("") == ""

    def test_own_model_goes_first_and_a_damaged_one_is_one_clear_line(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        (tmp_path / FOLDER).mkdir()
        (tmp_path / FOLDER / REWRITE_FILE).write_text('{"keep":{"weights":{"keep":{"":9.0}}}}')
        assert load_rewrite_model(tmp_path).rewrite("i want tea") == "i want tea"
        (tmp_path / FOLDER / REWRITE_FILE).write_text("{}")
        with pytest.raises(TerminalError, match="no understanding model of this version"):
            load_rewrite_model(tmp_path)


class Fixed:
    """A DialogueReader whose keywords are given; remembers what it read."""

    def __init__(self, *keywords: str) -> None:
        self.keywords = keywords
        self.asked: list[Sequence[Utterance]] = []

    def read(self, said: Sequence[Utterance]) -> DialogueReading:
        self.asked.append(said)
        return DialogueReading(intent="", action="", keywords=self.keywords)


class TestKeywordReader:
    def read(
        self,
        rules: RuleReader,
        model: Fixed,
        message: str,
        conversation: Conversation,
        shown: Sequence[Product],
    ) -> tuple[Understanding, Understanding]:
        ours = KeywordReader(rules, {EN: model}).read(message, conversation, shown)
        return rules.read(message, conversation, shown), ours

    def test_a_refinement_gets_one_more_wording_and_nothing_else_changes(
        self, reader: RuleReader, talk: Callable[..., Conversation], shown: Sequence[Product]
    ) -> None:
        conversation = talk("wireless mouse", shown)
        model = Fixed("mouse", "quiet")
        rules, ours = self.read(reader, model, "do you have it in white?", conversation, shown)
        assert rules.act is Act.REFINE
        assert ours.rewrites == (*rules.rewrites, "mouse quiet")
        assert ours.model_copy(update={"rewrites": rules.rewrites}) == rules
        assert model.asked[0][-1].text == "do you have it in white?"

    def test_a_new_search_is_left_alone(
        self, reader: RuleReader, talk: Callable[..., Conversation]
    ) -> None:
        model = Fixed("anything")
        rules, ours = self.read(reader, model, "wireless mouse", talk("", ()), ())
        assert ours == rules
        assert model.asked == []

    def test_what_was_refused_does_not_come_back(
        self, reader: RuleReader, talk: Callable[..., Conversation], shown: Sequence[Product]
    ) -> None:
        model = Fixed("mouse", "black")
        rules, ours = self.read(reader, model, "not black please", talk("mouse", shown), shown)
        assert rules.act is Act.REFINE
        assert "black" not in " ".join(ours.rewrites)

    def test_the_conversation_as_utterances(self, talk: Callable[..., Conversation]) -> None:
        said = to_dialogue(talk("mouse", ()), "cheaper")
        assert said[0].speaker is Speaker.USER
        assert said[-1] == Utterance(speaker=Speaker.USER, text="cheaper")
        assert all(a.speaker is not b.speaker for a, b in pairwise(said))
