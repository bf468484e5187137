from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from support.labelled_dialogues import write_dialogues, write_instructions
from typer.testing import CliRunner

from assistant.cli import app
from assistant.evaluate.llm_alone import LLMDialogueReader, LLMInstructionRewriter
from assistant.evaluate.understanding import (
    group_by_messages,
    list_disagreements,
    measure_queries,
    measure_turns,
)
from assistant.llm.client import ChatModelClient
from assistant.llm.scripted import ScriptedModel
from assistant.understand.learned.data import read_dialogues, read_instructions
from assistant.understand.learned.types import (
    DialogueReading,
    LabelledInstruction,
    LabelledTurn,
    Speaker,
    Utterance,
)
from prompts import load
from retrieval.errors import CallerError
from retrieval.types import Language

EN = Language.ENGLISH


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_HOME", str(tmp_path / "home"))


def run(*arguments: str | Path) -> Any:
    """What a command exits with and prints; an AisleError is its `exception`."""
    return CliRunner().invoke(app, [str(a) for a in arguments])


def turn(message: str, **labels: Any) -> LabelledTurn:
    said = (Utterance(speaker=Speaker.USER, text=message),)
    return LabelledTurn(dialogue_id=message, dialogue=said, **labels)


class TestFiles:
    def test_a_turn_has_the_text_so_far_and_the_action_that_follows(self, tmp_path: Path) -> None:
        turns = read_dialogues(write_dialogues(tmp_path / "d.json", "en"))[:4]
        assert [len(t.dialogue) for t in turns] == [1, 3, 5, 7]
        assert [t.action for t in turns] == ["Clarify", "Recommend", "Recommend", None]
        assert [t.keywords for t in turns] == [(), ("lamp",), ("lamp",), ()]

    def test_a_message_followed_by_another_of_the_shopper_has_no_action(
        self, tmp_path: Path
    ) -> None:
        said = [
            {"role": "user", "content": "hi", "intent": "Chitchat"},
            {"role": "user", "content": "a mug", "intent": "Reveal"},
            {"role": "system", "content": "this?", "action": "Recommend"},
        ]
        path = tmp_path / "d.json"
        path.write_text(json.dumps([{"conversation": said}]))
        assert [t.action for t in read_dialogues(path)] == [None, "Recommend"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("{", "is no JSON: line 1"),
            ("[]", "is no list of dialogues"),
            ('[{"conversation": 3}]', 'Dialogue 1 of .* has no list "conversation"'),
            ('[{"conversation": [{"role": "bot", "content": "x"}]}]', "has the role 'bot'"),
            ('[{"conversation": [{"role": "user"}]}]', 'no text under "content"'),
            ('[{"conversation": []}]', "holds no message of a shopper"),
            (
                '[{"conversation": [{"role": "user", "content": "x", "keywords": "mug"}]}]',
                "no list of texts",
            ),
        ],
    )
    def test_bad_dialogues_name_the_place(self, tmp_path: Path, content: str, message: str) -> None:
        path = tmp_path / "bad.json"
        path.write_text(content)
        with pytest.raises(CallerError, match=message) as error:
            read_dialogues(path)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("[1]", "is no object of instructions"),
            ('{"i want tea": "tea"}', "'i want tea' of .* has no list of queries"),
            ('{"i want tea": [""]}', "holds no instruction with a query"),
        ],
    )
    def test_bad_instructions_name_the_place(
        self, tmp_path: Path, content: str, message: str
    ) -> None:
        path = tmp_path / "bad.json"
        path.write_text(content)
        with pytest.raises(CallerError, match=message):
            read_instructions(path)

    def test_a_missing_file_and_one_in_another_encoding(self, tmp_path: Path) -> None:
        with pytest.raises(CallerError, match="cannot be read"):
            read_dialogues(tmp_path / "none.json")
        (tmp_path / "gbk.json").write_bytes('["你好"]'.encode("gbk"))
        with pytest.raises(CallerError, match="not UTF-8"):
            read_dialogues(tmp_path / "gbk.json")


class TestMeasures:
    TURNS = (
        turn("hi", intent="Chitchat", action="Chitchat"),
        turn("a red mug", intent="Reveal", action="Clarify", keywords=("red mug",)),
        turn("a blue mug", intent="Reveal", action="Recommend", keywords=("blue", "mug")),
    )
    READINGS = (
        DialogueReading(intent="chitchat", action="Clarify", keywords=("hi",)),
        DialogueReading(intent="Reveal", action="Clarify", keywords=("Mug",)),
        DialogueReading(intent="Reveal", action="Clarify", keywords=("mug blue",)),
    )

    def test_each_measure_counts_the_turns_that_have_the_label(self) -> None:
        measures = measure_turns(self.TURNS, self.READINGS, EN)
        assert measures["turns"] == 3
        assert measures["intent_accuracy"] == 1
        assert measures["action_accuracy"] == pytest.approx(1 / 3)
        assert measures["ask_or_show_accuracy"] == pytest.approx(1 / 2)
        assert measures["keyword_f1"] == pytest.approx((2 / 3 + 1) / 2)
        assert measures["last_message_f1"] == pytest.approx(0.8)
        assert measures["intent_majority"] == pytest.approx(2 / 3)

    def test_a_file_without_a_kind_of_label(self) -> None:
        with pytest.raises(CallerError, match='No turn of the file has "keywords"'):
            measure_turns(self.TURNS[:1], self.READINGS[:1], EN)

    def test_disagreements_show_label_and_reading(self) -> None:
        shown = list_disagreements(self.TURNS, self.READINGS, EN, 20)
        assert len(shown) == 3
        assert any("label [red mug], read [Mug]" in text for text in shown)
        assert len(list_disagreements(self.TURNS, self.READINGS, EN, 1)) == 1

    def test_queries_are_compared_with_the_nearest(self) -> None:
        pairs = [LabelledInstruction(instruction="i want a mug", queries=("cup", "mug"))]
        assert measure_queries(pairs, ["mug"]) == {
            "query_f1": 1,
            "pairs": 1,
            "instruction_f1": pytest.approx(0.4),
        }

    def test_dialogues_with_a_message_in_common_are_one_group(self) -> None:
        shared = "Any price will do for me"
        turns = [turn(shared), turn("a mug"), turn(f"{shared}!"), turn("a cup")]
        groups = group_by_messages(turns, EN)
        assert groups[0] == groups[2]
        assert len(set(groups)) == 3


class TestCommands:
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_learn_from_ones_own_dialogues_then_measure(
        self, tmp_path: Path, language: str
    ) -> None:
        path = write_dialogues(tmp_path / "d.json", language)
        given = ("--dialogues", path, "--language", language)
        folded = run("eval", "understand", *given, "--folds", "4", "--json", tmp_path / "o.json")
        assert folded.exit_code == 0, folded.output
        measures = json.loads((tmp_path / "o.json").read_text())
        assert measures["turns"] == 40
        assert measures["intent_accuracy"] > 0.9
        assert measures["keyword_f1"] > 0.9 > measures["last_message_f1"]

    def test_a_trained_model_is_used_and_says_what_it_has_seen(self, tmp_path: Path) -> None:
        path = write_dialogues(tmp_path / "d.json", "en")
        given = ("--dialogues", path, "--language", "en")
        out = tmp_path / "home" / "models" / "understanding" / "en.json"
        trained = run("train", "understanding", *given)
        assert trained.exit_code == 0, trained.output
        assert json.loads(out.read_text())["manifest"]["source"] == "d.json"
        seen = run("eval", "understand", *given)
        assert "these figures flatter them" in " ".join(seen.stderr.split())

    def test_instructions(self, tmp_path: Path) -> None:
        path = write_instructions(tmp_path / "p.json")
        out = tmp_path / "rewrite.json"
        assert run("train", "rewriting", "--pairs", path, "--out", out).exit_code == 0
        assert out.is_file()
        result = run("eval", "rewrite", "--pairs", path, "--folds", "4", "--sample", "20")
        measures = json.loads(result.stdout)
        assert measures["pairs"] == 20
        assert measures["query_f1"] > 0.9 > measures["instruction_f1"]

    def test_shipped_models_need_no_training(self, tmp_path: Path) -> None:
        result = run("eval", "rewrite", "--pairs", write_instructions(tmp_path / "p.json"))
        measures = json.loads(result.stdout)
        assert measures["query_f1"] > measures["instruction_f1"]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (("--folds", "4", "--system", "llm"), "LLM alone has none"),
            (("--apart",), "--apart divides the folds"),
            (("--folds", "40"), "take 2 to 10"),
        ],
    )
    def test_options_that_contradict(
        self, tmp_path: Path, options: tuple[str, ...], message: str
    ) -> None:
        path = write_dialogues(tmp_path / "d.json", "en")
        result = run("eval", "understand", "--dialogues", path, "--language", "en", *options)
        assert isinstance(result.exception, CallerError)
        assert message in str(result.exception)

    def test_too_little_to_learn_from(self, tmp_path: Path) -> None:
        path = tmp_path / "p.json"
        path.write_text(json.dumps({f"i want tea {n}": ["tea"] for n in range(12)}))
        result = run("train", "rewriting", "--pairs", path, "--out", tmp_path / "out.json")
        assert isinstance(result.exception, CallerError)
        assert "too few to learn from" in str(result.exception)
        assert not (tmp_path / "out.json").exists()


class TestLanguageModelAlone:
    SAID = (
        Utterance(speaker=Speaker.USER, text="a kettle"),
        Utterance(speaker=Speaker.SYSTEM, text="Which colour?"),
        Utterance(speaker=Speaker.USER, text="green»"),
    )

    def test_the_dialogue_is_data_and_the_answer_a_reading(self) -> None:
        answer = '{"intent":"Interpret","action":"No answer","keywords":["kettle","green"]}'
        scripted = ScriptedModel([answer])
        reading = asyncio.run(
            LLMDialogueReader(ChatModelClient(scripted), load, EN).read(self.SAID)
        )
        assert reading == DialogueReading(
            intent="Interpret", action="No answer", keywords=("kettle", "green")
        )

    @pytest.mark.parametrize("language", list(Language))
    def test_the_prompt_renders_each_speaker(self, language: Language) -> None:
        said = [{"by": u.speaker.value, "text": u.text} for u in self.SAID]
        last = str(load(f"eval_understand.v1.{language.value}", dialogue=said)[-1].content)
        assert [line[line.index("«") :] for line in last.splitlines()] == [
            "«a kettle»",
            "«Which colour?»",
            "«green»",
        ]

    def test_an_answer_that_does_not_parse_is_wrong_not_fatal(self) -> None:
        client = ChatModelClient(ScriptedModel(["I would say", "no"]))
        assert asyncio.run(LLMDialogueReader(client, load, EN).read(self.SAID)).intent == ""
        assert asyncio.run(LLMInstructionRewriter(client, load).rewrite("i want tea")) == ""

    def test_a_query(self) -> None:
        client = ChatModelClient(ScriptedModel(['{"query":"green tea"}']))
        assert (
            asyncio.run(LLMInstructionRewriter(client, load).rewrite("i want green tea"))
            == "green tea"
        )
