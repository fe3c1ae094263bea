"""What goes out: in order, once if we know, twice at most if we do not."""

from __future__ import annotations

from dataclasses import fields

import orjson

from flows.values import (
    ChoiceShown,
    Image,
    Link,
    Progress,
    Reply,
    Video,
    reply_from_json,
    reply_to_json,
)
from store import dead_letters, outbox
from store import tables as t
from store.codec import inbound_from_json, inbound_to_json
from store.outbox import Outcome

QUESTION = Reply("¿Seguimos?", "question", "es", "one", (ChoiceShown("1:yes", "Sí", "claro"),), lettered=True)


def claims(town, **more):
    with town.database.begin() as tx:
        return outbox.claim_due(tx, **more)


def marks(town, outgoing, state, **more):
    with town.database.begin() as tx:
        outbox.mark(tx, [Outcome(outgoing.programme, outgoing.conversation, outgoing.place, state, **more)])


def recovers(town, waited=True):
    with town.database.begin() as tx:
        if waited:
            tx.execute(t.outbox.update().where(t.outbox.c.state == "unknown").values(due_at=1))
        outbox.recover(tx)


def states(town):
    return [row["state"] for row in sorted(town.rows(t.outbox), key=lambda row: row["place"])]


def test_a_claim_hands_out_the_reply_with_its_address(town):
    town.talks("51987654321", replies=(QUESTION,))
    (outgoing,) = claims(town)
    assert outgoing.address == "51987654321"
    assert (outgoing.channel, outgoing.account) == ("telegram", "telegram/default")
    assert outgoing.reply == QUESTION
    assert outgoing.attempts == 1
    assert outgoing.window_until == town.now + 86_400_000_000


def test_the_parts_of_a_talk_go_out_one_after_the_other(town):
    town.talks("ana", replies=(Reply("uno"), Reply("dos")))
    town.talks("ben", replies=(Reply("tres"),))
    first = {outgoing.reply.text: outgoing for outgoing in claims(town)}
    assert set(first) == {"uno", "tres"}
    assert claims(town) == []
    marks(town, first["uno"], "sent", provider_id="77")
    assert [outgoing.reply.text for outgoing in claims(town)] == ["dos"]


def test_a_reply_to_be_retried_holds_back_those_after_it(town):
    town.talks("ana", replies=(Reply("uno"), Reply("dos")))
    (first,) = claims(town)
    marks(town, first, "retry", after=60)
    assert claims(town) == []
    marks(town, first, "retry", after=-60)  # it is queued, not sending: too late, nothing changes
    assert claims(town) == []
    with town.database.begin() as tx:
        tx.execute(t.outbox.update().values(due_at=1))
    (again,) = claims(town)
    assert (again.reply.text, again.attempts) == ("uno", 2)


def test_of_a_reply_given_up_a_letter_remains_and_later_ones_go_out(town):
    town.talks("ana", replies=(Reply("uno"), Reply("dos")))
    (first,) = claims(town)
    marks(town, first, "dead", reason="user_gone")
    assert [outgoing.reply.text for outgoing in claims(town)] == ["dos"]
    with town.database.begin() as tx:
        (letter,) = dead_letters.dead_letters(tx, "pe")
        assert (letter.error, letter.source) == ("user_gone", "outbox")
        assert dead_letters.replay(tx, "pe", letter.id, town.now)
        assert dead_letters.dead_letters(tx, "pe") == []
    assert states(town) == ["queued", "sending"]


def test_a_question_whose_sender_died_is_sent_once_more_and_not_a_third_time(town):
    town.talks("ana", replies=(QUESTION,))
    for expected in ("queued", "unknown"):
        assert len(claims(town, lease_seconds=-1)) == 1
        recovers(town, waited=False)
        assert states(town) == ["unknown"]
        recovers(town)
        assert states(town) == [expected]


def test_a_tip_whose_fate_is_unknown_is_not_sent_again(town):
    town.talks("ana", replies=(Reply("un consejo"),))
    (outgoing,) = claims(town)
    marks(town, outgoing, "unknown")
    recovers(town)
    assert states(town) == ["unknown"]


def test_an_answer_shows_that_the_question_arrived(town):
    town.talks("ana", replies=(QUESTION,))
    (outgoing,) = claims(town)
    marks(town, outgoing, "unknown")
    town.talks("ana")
    recovers(town)
    assert states(town) == ["unknown"]


def test_what_a_channel_fetches_is_not_sent(town):
    town.talks("ana", account="web", replies=(Reply("hola"),))
    assert states(town) == ["sent"]
    assert claims(town) == []


def test_the_web_reads_the_talk_of_both_sides_in_order(town):
    finish = town.talks("ana", account="web", text="hola", replies=(Reply("¡Hola!"), QUESTION))
    town.writes("ana", "sí", account="web")  # not worked on yet

    def history(after=0, now=town.now):
        with town.database.read() as tx:
            return outbox.history(tx, "pe", finish.conversation, after=after, now=now)

    lines, cursor = history()
    assert [line.said.text for line in lines] == ["hola", "¡Hola!", "¿Seguimos?"]
    assert history(after=cursor) == ([], cursor)
    town.finishes(town.finished(town.claims_one(), replies=(Reply("Bien."),)))
    lines, later = history(after=cursor)
    assert [line.said.text for line in lines] == ["sí", "Bien."]
    assert later > cursor
    assert history(now=town.now + 90_000_000_000) == ([], 0)  # a day later


def test_a_conversation_reads_only_its_own_talk(town):
    town.talks("ana", account="web", replies=(Reply("secreto"),))
    doras = town.talks("dora", account="web")
    with town.database.read() as tx:
        lines, _ = outbox.history(tx, "pe", doras.conversation, now=town.now)
    assert [line.said.text for line in lines] == ["hola"]


def test_a_dead_inbound_joins_its_conversation_again(town):
    from store.turns import Failure, FinishedTurn

    town.writes("ana", "veneno")
    claimed = town.claims_one()
    row = claimed.rows[0].__class__(1, claimed.rows[0].inbound, town.now, attempts=4)
    town.finishes(FinishedTurn(claimed, (), town.now, failure=Failure(row, "broke")))
    with town.database.begin() as tx:
        (letter,) = dead_letters.dead_letters(tx, "pe")
        assert dead_letters.replay(tx, "pe", letter.id, town.now)
        assert not dead_letters.drop(tx, "pe", letter.id)
    (again,) = town.claims_one().rows
    assert again.inbound.text == "veneno"
    assert again.inbound.seed != "0" * 32


FULL = Reply(
    "texto",
    "question",
    "es",
    expects="one",
    choices=(ChoiceShown("1:a", "A", "la primera"), ChoiceShown("1:b", "B")),
    lettered=True,
    page=2,
    more=ChoiceShown("1:more", "Más"),
    progress=Progress(1, 2, "1 de 2"),
    link=Link("l", "https://a"),
    image=Image("picture:1", "alt"),
    video=Video("u", "t", 60, 9),
)


def test_every_part_of_a_reply_survives_the_outbox():
    plain = Reply("x")
    for part in fields(Reply):  # a part that is added later has to be added to FULL
        assert getattr(FULL, part.name) != getattr(plain, part.name), part.name
    for reply in (plain, FULL):
        assert reply_from_json(orjson.loads(orjson.dumps(reply_to_json(reply)))) == reply


def test_an_inbound_survives_the_inbox_without_its_key(town):
    inbound = town.arrival(
        "ana", "hola", choice="3:yes", choices=("a", "b"), media="photo", data={"x": 1}
    ).inbound
    body = inbound_to_json(inbound)
    assert inbound.key not in str(body)
    assert inbound_from_json(inbound.key, "message", body) == inbound
