"""What goes out: in order, once if we know, twice at most if we do not."""

from __future__ import annotations

import threading

import orjson

from flows.values import (
    ChoiceShown,
    Image,
    Link,
    Progress,
    Reply,
    Timer,
    Video,
    reply_from_json,
    reply_to_json,
)
from store import dead_letters, erasure, outbox, timers
from store import tables as t
from store.codec import inbound_from_json, inbound_to_json
from store.engine import open_database
from tests.store.sending import (
    FREE,
    QUESTION,
    TIP,
    claims,
    claims_one,
    marks,
    recovers,
    replies,
    sends,
    states,
    time_passes,
)


def test_a_claim_hands_out_the_reply_with_its_address(town):
    town.talks("51987654321", replies=(QUESTION,))
    outgoing = claims_one(town)
    assert (outgoing.address, outgoing.address_kind) == ("51987654321", "telegram")
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
    time_passes(town, 61)
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
    for attempt in (1, 2):
        (outgoing,) = claims(town, lease_seconds=-1)
        assert outgoing.attempts == attempt
        recovers(town)
        assert states(town) == ["unknown"]
        assert claims(town) == []
        time_passes(town, 46)
    assert claims(town) == []


def test_a_tip_whose_fate_is_unknown_is_not_sent_again_and_those_after_it_go_out(town):
    town.talks("ana", replies=(Reply("un consejo"), Reply("otro")))
    outgoing = claims_one(town)
    marks(town, outgoing, "unknown")
    assert [one.reply.text for one in claims(town)] == ["otro"]
    time_passes(town, 3600)
    recovers(town)
    assert states(town) == ["unknown", "unknown"]
    time_passes(town, 3600)
    assert claims(town) == []


def test_what_takes_long_is_held_for_another_lease(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town, lease_seconds=-1)
    with town.database.begin() as tx:
        outbox.renew(tx, [outgoing])
    recovers(town)
    assert states(town) == ["sending"]
    time_passes(town, outbox.LEASE_SECONDS)
    recovers(town)
    assert states(town) == ["unknown"]


def test_nobody_holds_what_another_sender_has_taken_over_or_what_has_an_end(town):
    town.talks("ana", replies=(QUESTION,))
    first = claims_one(town, lease_seconds=-1)
    recovers(town)
    with town.database.begin() as tx:
        outbox.renew(tx, [first])
    assert states(town) == ["unknown"]
    time_passes(town, 3600)
    second = claims_one(town, lease_seconds=-1)
    with town.database.begin() as tx:
        outbox.renew(tx, [first])
    recovers(town)
    assert states(town) == ["unknown"]
    assert second.attempts == 2


def test_a_reminder_whose_fate_is_unknown_is_not_sent_again(town):
    town.talks("ana", timers=(Timer("nudge", 0),))
    with town.database.begin() as tx:
        timers.wake(tx)
    town.finishes(town.finished(town.claims_one(), replies=(QUESTION,)))
    outgoing = claims_one(town)
    marks(town, outgoing, "unknown")
    time_passes(town, 3600)
    assert claims(town) == []


def test_an_answer_shows_that_the_question_arrived(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town)
    marks(town, outgoing, "unknown")
    town.writes("ana", "sí")
    assert states(town) == ["sent"]
    time_passes(town, 3600)
    assert claims(town) == []


def test_an_answer_that_came_before_the_platform_fell_silent_shows_it_too(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town)
    town.writes("ana", "sí")
    marks(town, outgoing, "unknown")
    assert states(town) == ["sent"]


def test_an_answer_shows_that_the_question_of_a_dead_sender_arrived(town):
    town.talks("ana", replies=(QUESTION,))
    claims(town, lease_seconds=-1)
    town.writes("ana", "sí")
    recovers(town)
    assert states(town) == ["sent"]


def test_what_she_wrote_before_the_question_went_out_answers_nothing(town):
    town.talks("ana", replies=(QUESTION,))
    town.writes("ana", "hola?")
    outgoing = claims_one(town)
    marks(town, outgoing, "unknown")
    assert states(town) == ["unknown"]


def test_a_reply_knows_the_message_whose_buttons_may_still_stand(town):
    town.talks("ana", replies=(QUESTION, TIP))
    first = claims_one(town)
    assert first.keyboard is None
    marks(town, first, "sent", provider_id="77")
    tip = claims_one(town)
    assert tip.keyboard == "77"
    marks(town, tip, "sent", provider_id="78")
    town.talks("ana", replies=(TIP,))
    assert claims_one(town).keyboard == "77"


def test_a_late_word_that_it_was_sent_is_evidence(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town, lease_seconds=-1)
    recovers(town)
    marks(town, outgoing, "retry")
    assert states(town) == ["unknown"]
    marks(town, outgoing, "sent", provider_id="77")
    assert [(row["state"], row["provider_id"]) for row in replies(town)] == [("sent", "77")]
    time_passes(town, 3600)
    assert claims(town) == []


def test_a_sender_that_was_overtaken_changes_nothing(town):
    town.talks("ana", replies=(QUESTION, TIP))
    slow = claims_one(town, lease_seconds=-1)
    recovers(town)
    marks(town, claims_one(town), "sent")  # the tip does not wait for the doubt
    time_passes(town, 46)
    fast = claims_one(town)
    assert (fast.place, fast.attempts) == (slow.place, 2)
    for state in ("sent", "dead", "waiting", "retry"):
        marks(town, slow, state, attempt=slow.attempts, reason="slow")
    assert states(town) == ["sending", "sent"]
    assert town.rows(t.dead_letter) == []
    marks(town, fast, "sent", attempt=fast.attempts)
    assert states(town) == ["sent", "sent"]


def test_nothing_is_handed_out_twice_to_two_senders_at_once(town, database_url, secret):
    for n in range(30):
        town.talks(f"p{n}", replies=(Reply(str(n)), Reply("later")))
    other = open_database(database_url, secret=secret)
    taken = []

    def take(database):
        for _ in range(6):
            with database.begin() as tx:
                taken.extend(outbox.claim_due(tx, FREE, 5))

    rival = threading.Thread(target=take, args=(other,))
    rival.start()
    take(town.database)
    rival.join()
    other.close()
    names = [outgoing.name for outgoing in taken]
    assert len(names) == len(set(names)) == 30


def test_what_she_has_to_write_first_for_waits_with_its_reason(town):
    town.talks("ana", replies=(TIP, QUESTION))
    outgoing = claims_one(town)
    marks(town, outgoing, "waiting", reason="window_closed")
    first, _ = replies(town)
    assert (first["state"], first["why"]) == ("waiting", "window_closed")
    marks(town, claims_one(town), "waiting", reason="window_closed")
    time_passes(town, 5 * 3600)
    assert claims(town) == []
    town.writes("ben")
    assert states(town) == ["waiting", "waiting"]
    town.writes("ana", "hola")
    assert sends(town) == ["un consejo", "¿Seguimos?"]
    assert town.rows(t.conversation)[0]["unsettled"] is False


def test_a_reply_waits_for_nothing_if_she_wrote_while_it_was_tried(town):
    town.talks("ana", replies=(TIP,))
    outgoing = claims_one(town)
    town.writes("ana", "hola")
    marks(town, outgoing, "waiting", reason="window_closed")
    assert sends(town) == ["un consejo"]


def test_what_time_brings_is_no_message_of_hers(town):
    town.talks("ana", replies=(QUESTION,), timers=(Timer("nudge", 0),))
    marks(town, claims_one(town), "waiting", reason="window_closed")
    with town.database.begin() as tx:
        timers.wake(tx)
    assert states(town) == ["waiting"]


def test_after_a_day_of_waiting_a_letter_remains(town):
    town.talks("ana", replies=(TIP,))
    marks(town, claims_one(town), "waiting", reason="window_closed")
    time_passes(town, 86_000)
    assert claims(town) == []
    assert states(town) == ["waiting"]
    time_passes(town, 500)
    assert claims(town) == []
    assert states(town) == ["dead"]
    assert [row["error"] for row in town.rows(t.dead_letter)] == ["window_closed"]


def test_a_tip_is_tried_for_two_hours_and_a_question_for_a_day(town):
    town.talks("ana", replies=(TIP,))
    town.talks("ben", replies=(QUESTION,))
    for outgoing in claims(town):
        marks(town, outgoing, "retry", after=10, reason="too_fast")
    time_passes(town, 2 * 3600)
    (outgoing,) = claims(town)
    assert outgoing.reply == QUESTION
    marks(town, outgoing, "retry", after=10)
    assert [(row["error"], row["attempts"]) for row in town.rows(t.dead_letter)] == [("too_fast", 1)]
    time_passes(town, 22 * 3600)
    assert claims(town) == []
    assert states(town) == ["dead", "dead"]


def test_what_is_to_be_tried_again_after_its_time_keeps_nobody_back_longer(town):
    town.talks("ana", replies=(TIP, QUESTION))
    marks(town, claims_one(town), "retry", after=10_072)
    time_passes(town, 2 * 3600 + 1)
    assert claims(town) == []  # now it is given up
    assert [one.reply for one in claims(town)] == [QUESTION]


def test_words_that_are_not_kept_any_more_are_not_sent(town):
    town.talks("ana", replies=(QUESTION,))
    with town.database.begin() as tx:
        tx.execute(t.outbox.update().values(body=None))
    assert claims(town) == []
    assert states(town) == ["dead"]


def test_an_outcome_of_somebody_who_was_erased_does_no_harm(town):
    town.talks("ana", replies=(QUESTION,))
    outgoing = claims_one(town)
    with town.database.begin() as tx:
        erasure.erase(tx, [("pe", town.rows(t.person)[0]["id"])], now=town.now)
    for state in ("sent", "unknown", "waiting", "dead", "retry"):
        marks(town, outgoing, state, hold=3, reason="x")
    assert town.rows(t.outbox) == town.rows(t.dead_letter) == []


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
    for part in Reply._fields:  # a part that is added later has to be added to FULL
        assert getattr(FULL, part) != getattr(plain, part), part
    for reply in (plain, FULL):
        assert reply_from_json(orjson.loads(orjson.dumps(reply_to_json(reply)))) == reply


def test_an_inbound_survives_the_inbox_without_its_key(town):
    inbound = town.arrival(
        "ana", "hola", choice="3:yes", choices=("a", "b"), media="photo", data={"x": 1}
    ).inbound
    body = inbound_to_json(inbound)
    assert inbound.key not in str(body)
    assert inbound_from_json(inbound.key, "message", body) == inbound
