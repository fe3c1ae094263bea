"""The kinds of steps: one file each, listed here. The first word of a step names its kind."""

from __future__ import annotations

from flows.model import Step
from flows.steps.action import Action
from flows.steps.ask import Ask
from flows.steps.begin import Begin
from flows.steps.branch import Branch
from flows.steps.call import Call
from flows.steps.code import Code
from flows.steps.directory import Directory
from flows.steps.do import Do
from flows.steps.draw import Draw
from flows.steps.end import End
from flows.steps.film import Film
from flows.steps.go import Go
from flows.steps.hand_over import HandOver
from flows.steps.knowledge import Knowledge
from flows.steps.link import Link
from flows.steps.paper import Paper
from flows.steps.picture import Picture
from flows.steps.question import Question
from flows.steps.questions import Questions
from flows.steps.quiz import Quiz
from flows.steps.remind import Remind
from flows.steps.say import Say
from flows.steps.score import Score
from flows.steps.show import Show
from flows.steps.switch import Switch
from flows.steps.which import Which

STEPS: dict[str, type[Step]] = {
    "say": Say,
    "ask": Ask,
    "question": Question,
    "questions": Questions,
    "score": Score,
    "show": Show,
    "picture": Picture,
    "film": Film,
    "paper": Paper,
    "quiz": Quiz,
    "knowledge": Knowledge,
    "branch": Branch,
    "go": Go,
    "call": Call,
    "link": Link,
    "begin": Begin,
    "end": End,
    "do": Do,
    "remind": Remind,
    "draw": Draw,
    "switch": Switch,
    "which": Which,
    "code": Code,
    "directory": Directory,
    "hand_over": HandOver,
    "action": Action,
}
